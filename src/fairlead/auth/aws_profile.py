"""A profile of `~/.aws/config` and `~/.aws/credentials`: which keys it leads to, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf

from fairlead.auth.aws_places import Container, Ec2, Keys, Variables, lease_of
from fairlead.auth.aws_roles import SESSION, Role, Sts
from fairlead.auth.flow import blocking
from fairlead.auth.leased import Grant
from fairlead.auth.sigv4 import AwsKeys
from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError
from fairlead.ports import Flow

Profiles = Mapping[str, Environment]
"""The settings of each profile, behind a repr that shows none of them."""

_OTHERS = ("sso_session", "sso_start_url", "credential_process", "login_session")
"""What only the AWS library knows how to use."""
_LEADS = ("aws_access_key_id", "role_arn", *_OTHERS)
"""What makes a profile one with credentials."""


class Profile:
    """The profile `given`, or else that of `AWS_PROFILE`, or `default`.

    `read` reads the files; it may block. `library` asks the AWS library for a profile's keys.
    """

    def __init__(
        self,
        environment: Environment,
        sts: Sts,
        *,
        exist: Callable[[], bool],
        read: Callable[[], Profiles],
        library: Callable[[str], Keys],
        given: str = "",
    ) -> None:
        self._environment = environment
        self._sts = sts
        self._exist = exist
        self._read = read
        self._library = library
        self._given = given

    @property
    def chosen(self) -> bool:
        """Whether somebody asked for a profile by name."""
        return bool(self._given or self._environment.get("AWS_PROFILE"))

    @property
    def label(self) -> str:
        """The profile's name."""
        return self._given or self._environment.get("AWS_PROFILE") or "default"

    def named(self) -> bool:
        """Whether somebody chose a profile, or the usual one leads somewhere."""
        if self.chosen or not self._exist():
            return self.chosen
        try:
            usual = self._read().get(self.label)
        except ConfigError:
            return True  # the grant meets it again, and raises it
        return usual is not None and any(usual.get(key) for key in _LEADS)

    def grant(self, wall: float) -> Flow[Keys | None]:
        profiles = yield from blocking(self._read)
        if self.label not in profiles:
            if self.chosen:
                raise ConfigError(f"there is no AWS profile {self.label!r}; check AWS_PROFILE")
            return None
        lease = yield from self._keys(self.label, profiles, wall, ())
        if lease is None and self.chosen:
            raise ConfigError(f"the AWS profile {self.label!r} holds no credentials")
        return lease

    def _keys(
        self, name: str, profiles: Profiles, wall: float, way: tuple[str, ...]
    ) -> Flow[Keys | None]:
        """The keys of one profile; `way` are the profiles whose role it is asked for."""
        profile = profiles.get(name)
        if profile is None:
            raise ConfigError(f"the AWS profile {way[-1]!r} names {name!r}, which does not exist")
        static = profile.get("aws_access_key_id")
        if profile.get("role_arn") and not (static and name in way):
            lease = yield from self._role(name, profile, profiles, wall, way)
            return lease
        if static:
            return _static(name, profile)
        if any(profile.get(key) for key in _OTHERS):
            lease = yield from blocking(lambda: self._library(name))
            return lease
        return None

    def _role(
        self,
        name: str,
        profile: Environment,
        profiles: Profiles,
        wall: float,
        way: tuple[str, ...],
    ) -> Flow[Keys]:
        if name in way:
            raise ConfigError(f"the AWS profiles {' and '.join(way)} name each other as source")
        role = _role_of(name, profile)
        if token_file := profile.get("web_identity_token_file"):
            lease = yield from self._sts.exchange(role, token_file, wall)
            return lease
        if profile.get("mfa_serial"):
            lease = yield from blocking(lambda: self._library(name))
            return lease
        source = yield from self._source(name, profile, profiles, wall, (*way, name))
        if source is None:
            raise ConfigError(f"the AWS profile {name!r} has a role and no source of credentials")
        lease = yield from self._sts.assume(role, source.value, wall)
        return lease

    def _source(
        self,
        name: str,
        profile: Environment,
        profiles: Profiles,
        wall: float,
        way: tuple[str, ...],
    ) -> Flow[Keys | None]:
        """The keys that a role is asked for with."""
        if origin := profile.get("source_profile"):
            lease = yield from self._keys(origin, profiles, wall, way)
            return lease
        grant = self._place(profile.get("credential_source") or "")
        if grant is None:
            raise ConfigError(
                f"the AWS profile {name!r} has a role_arn; give it a source_profile as well"
            )
        lease = yield from grant(wall)
        return lease

    def _place(self, name: str) -> Grant[AwsKeys] | None:
        if name == "Environment":
            return Variables(self._environment).grant
        if name == "EcsContainer":
            return Container(self._environment).grant
        return Ec2(self._environment).grant if name == "Ec2InstanceMetadata" else None


def _static(name: str, profile: Environment) -> Keys:
    get = profile.get
    if get("aws_secret_access_key") is None:
        raise ConfigError(f"the AWS profile {name!r} has no aws_secret_access_key")
    return lease_of(
        get("aws_access_key_id") or "",
        get("aws_secret_access_key") or "",
        get("aws_session_token") or "",
        inf,
        what=f"the AWS profile {name!r}",
    )


def _role_of(name: str, profile: Environment) -> Role:
    seconds = profile.get("duration_seconds") or "0"
    if not seconds.isdecimal():
        raise ConfigError(f"the AWS profile {name!r}: duration_seconds must be a number")
    return Role(
        profile.get("role_arn") or "",
        profile.get("role_session_name") or SESSION,
        profile.get("external_id") or "",
        int(seconds),
    )
