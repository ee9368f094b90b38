"""The pipeline: what has to be there before anything is merged or deployed."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from config import selftest
from config.places import CODE_DIR

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def jobs() -> dict[str, Any]:
    """The jobs of the pipeline, by name."""
    text = (CODE_DIR / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)["jobs"]
    return found


def commands(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


def test_every_change_brings_its_bundle(jobs: dict[str, Any]) -> None:
    """R000-36: the release gate runs for each push and pull request, and its evidence is attached or the job fails."""
    evidence = jobs["evidence"]
    (attached,) = [step for step in evidence["steps"] if "upload-artifact" in step.get("uses", "")]

    assert "manage.py release_check" in commands(evidence)
    assert "if" not in evidence
    assert (attached["if"], attached["with"]["if-no-files-found"]) == ("always()", "error")
    assert attached["with"]["name"] == "evidence-${{ github.sha }}"
    assert [name for name, job in jobs.items() if "continue-on-error" in str(job)] == []


def test_nothing_is_deployed_without_a_verified_bundle_of_its_commit(jobs: dict[str, Any]) -> None:
    """R000-28, R000-36: the bundle is checked by the job itself, before the hook is called."""
    deploy = jobs["deploy"]
    said = commands(deploy)

    assert set(deploy["needs"]) == {"check", "test", "browser", "evidence"}
    assert said.index("manage.py release_verify evidence/*") < said.index("$DEPLOY_HOOK")
    assert '--commit "$GITHUB_SHA" --profile production' in said


def test_release_and_self_test_run_the_gate_as_well() -> None:
    """R000-42: one command runs every gate and writes the bundle, wherever it is run."""
    procfile = (CODE_DIR / "Procfile").read_text(encoding="utf-8")
    steps = [step.command[1:] for step in selftest.steps(deep=False, pytest_arguments=[])]

    assert "release: python manage.py migrate --noinput && python manage.py release_check\n" in procfile
    assert [words for words in steps if "gate and not nightly" in words and selftest.GATE in words]


def test_web_process_listens_where_its_host_says() -> None:
    """R004-18: the port comes from the environment."""
    procfile = (CODE_DIR / "Procfile").read_text(encoding="utf-8")

    assert "--bind 0.0.0.0:${PORT:-8000} " in procfile.partition("\nweb: ")[2]
