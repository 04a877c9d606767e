"""What the clouds' own files tell of variables: a profile's region, a credential's project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from fairlead.auth.sources import Environment

CloudFile = Literal["aws_profile", "google_credentials"]
_LARGEST = 64 << 10


class _Account(Struct):
    project_id: str = ""
    quota_project_id: str = ""


def told_by(file: CloudFile, environment: Environment) -> str | None:
    """The region of the AWS profile, or the project of Google's credentials; None where unknown.

    Raises `ConfigError` for a file that cannot be read.
    """
    if file == "aws_profile":
        from fairlead.keys.aws_files import AwsFiles

        return AwsFiles(environment).region(environment.get("AWS_PROFILE") or "default")
    from fairlead.auth.google import file_of_environment, file_of_gcloud

    return _project(file_of_environment(environment) or file_of_gcloud(environment))


def _project(path: Path) -> str | None:
    """The project of a file; one that is no such file is met again when it is used."""
    try:
        with path.open("rb") as file:
            account = msgspec.json.decode(file.read(_LARGEST), type=_Account)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return account.project_id or account.quota_project_id or None
