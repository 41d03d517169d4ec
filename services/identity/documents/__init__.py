"""Identity documents: uploaded, re-made, encrypted, viewed, and destroyed in time."""
