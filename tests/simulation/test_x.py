import pytest
@pytest.mark.parametrize("seed", range(5,11))
def test_x(simulation, seed):
    a, b = simulation(seed, 12), simulation(seed, 12)
    t=a.trace
    print(seed, t[1], len(t), *(sum(w in l for l in t) for w in ("waits for a lock","crashes","timed out","doubled","lost:", "no answer")))
    for i,(x,y) in enumerate(zip(a.trace,b.trace)):
        if x!=y: print(*t[i-30:i],sep="\n"); print(x); print(y); break
    for k in a.databases:
        if a.databases[k]!=b.databases[k]: print(k, set(a.databases[k])^set(b.databases[k]))
    assert a.trace==b.trace
    assert a.databases==b.databases
