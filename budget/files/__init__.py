"""Files that people bring in: kept as they came, by digest, encrypted at rest."""
