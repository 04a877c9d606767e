"""Asks botocore for what only it can do: SSO, processes, second factors."""

from __future__ import annotations

from math import inf
from typing import Any

from fairlead.auth.aws_places import Keys, lease_of
from fairlead.errors import ConfigError, MissingCredentials
from fairlead.keys.aws_files import AwsFiles

_HINT = 'run pip install "fairlead[aws]"'


class AwsLibrary:
    """Keeps what botocore found for a profile: botocore renews it by itself when it is read."""

    def __init__(self, files: AwsFiles) -> None:
        self._files = files
        self._found: dict[str, Any] = {}

    def keys(self, profile: str) -> Keys:
        """The keys of `profile` as they are now. Blocks. Raises `ConfigError`."""
        frozen, problem = None, ""
        try:
            found = self._found.get(profile) or self._credentials(profile)
            frozen = None if found is None else found.get_frozen_credentials()
        except ConfigError:
            raise
        except Exception as error:  # botocore raises many kinds, and some quote what they read
            problem = f" ({type(error).__name__})"
        if frozen is None:
            raise MissingCredentials(
                f"the AWS library found no credentials for the profile {profile!r}{problem}; "
                f"run aws sso login --profile {profile}, or mend the profile"
            )
        self._found[profile] = found
        what = f"the AWS profile {profile!r}"
        return lease_of(frozen.access_key, frozen.secret_key, frozen.token or "", inf, what=what)

    def _credentials(self, profile: str) -> Any:
        try:
            from botocore.session import Session
        except ImportError:
            raise ConfigError(
                f"the AWS profile {profile!r} signs in through SSO, a process or a second factor; "
                f"{_HINT}"
            ) from None
        session = Session(profile=profile)
        credentials, configuration = self._files.paths
        session.set_config_variable("credentials_file", str(credentials))
        session.set_config_variable("config_file", str(configuration))
        return session.get_credentials()
