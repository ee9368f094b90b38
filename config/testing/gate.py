"""`python -m config.testing.gate`: the release gate on the sample book, in a folder of its own, as before a deploy."""

import os
import subprocess
import sys
import tempfile

from config.bootstrap import ROOT

COMMANDS = (
    ("migrate", "--verbosity", "0"),
    ("load_demo",),
    ("release_check", "--profile", "embedded"),
)


def main() -> int:
    """Run the commands one after the other; answers the code of the first that does not end with 0."""
    with tempfile.TemporaryDirectory(prefix="budget-gate-") as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_URL")}
        environment |= {"BUDGET_DATA_DIR": folder, "BUDGET_READ_ENV_FILES": "no"}
        for words in COMMANDS:
            done = subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=environment, check=False)
            if done.returncode:
                return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
