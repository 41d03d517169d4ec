"""Companies: their details."""

from sqlalchemy.orm import Session

from services.identity.companies import companies
from services.identity.documents import uploads
from services.identity.surface.room_methods import RoomMethods
from shared.contracts import identity
from shared.contracts.identity.people import VerificationStep
from shared.rpc.call import Call
from shared.rpc.service import in_transaction


class CompanyMethods(RoomMethods, is_part=True):
    @in_transaction(identity.companies.GET_COMPANY)
    def get_company(
        self, db: Session, call: Call, _request: identity.companies.GetCompany
    ) -> identity.companies.Company:
        company_id = call.principal.require_company()
        return companies.view(companies.get_company(db, company_id))

    @in_transaction(identity.companies.CHANGE_COMPANY)
    def change_company(
        self, db: Session, call: Call, request: identity.companies.ChangeCompany
    ) -> identity.companies.Company:
        change, company_id = self.change(db, call), call.principal.require_company()
        company = companies.get_company(db, company_id, lock=True)
        step = VerificationStep.COMPANY_DOCUMENT
        waiting = uploads.lock_waiting(db, company_id, step)
        shown = companies.shown_by_document(company)
        changed = companies.change_company(change, request)
        if companies.shown_by_document(company) != shown:
            uploads.withdraw(change, waiting, "company_changed")
        return changed

    @in_transaction(identity.companies.CREATE_COMPANY)
    def create_company(
        self, db: Session, call: Call, request: identity.companies.CreateCompany
    ) -> identity.companies.Company:
        return companies.create_company(self.change(db, call), request)

    @in_transaction(identity.companies.CREATE_OWN_COMPANY, spans_companies=True)
    def create_own_company(
        self, db: Session, call: Call, request: identity.companies.CreateOwnCompany
    ) -> identity.companies.Company:
        change = self.change(db, call)
        return companies.create_own_company(change, self._limits, request)

    @in_transaction(identity.companies.FIND_COMPANIES)
    def find_companies(
        self, db: Session, _call: Call, request: identity.companies.FindCompanies
    ) -> identity.companies.Companies:
        return identity.companies.Companies(
            companies=companies.find_companies(db, request)
        )

    @in_transaction(identity.companies.REPUBLISH_COMPANIES)
    def republish_companies(
        self, db: Session, call: Call, request: identity.companies.RepublishCompanies
    ) -> identity.companies.Republished:
        return companies.republish_companies(self.change(db, call), request)
