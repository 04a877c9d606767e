"""The credentials of the clouds, put together: which places are asked, in which order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.auth.api_key import BEARER, Credential, HeaderForm
from fairlead.auth.aws import AwsCredential
from fairlead.auth.aws_places import Container, Ec2, Given, Variables
from fairlead.auth.aws_profile import Profile
from fairlead.auth.aws_roles import Sts, WebIdentity
from fairlead.auth.entra import (
    SCOPE as ENTRA_SCOPE,
    ClientSecret,
    Library,
    ManagedIdentity,
    Workload,
)
from fairlead.auth.google import (
    FILE_VARIABLE,
    CredentialsFile,
    GoogleMetadata,
    file_of_environment,
    file_of_gcloud,
)
from fairlead.auth.leased import Leased, TokenSource
from fairlead.auth.quota_project import ChargedCredential
from fairlead.auth.renewed_key import RenewedCredential
from fairlead.auth.sigv4 import AwsKeys, Scope
from fairlead.keys.aws_files import AwsFiles
from fairlead.keys.aws_library import AwsLibrary
from fairlead.keys.azure_library import azure_library
from fairlead.keys.google_library import google_library

if TYPE_CHECKING:
    from fairlead.auth.origin import Origin
    from fairlead.auth.sources import Environment, KeySource

Sources = tuple[tuple["KeySource", HeaderForm], ...]


def aws_credential(
    origin: Origin,
    environment: Environment,
    *,
    region: str,
    service: str = "bedrock",
    api_keys: Sources = (),
    pair: AwsKeys | None = None,
    profile: str = "",
    missing: str,
    further: frozenset[Origin] = frozenset(),
) -> AwsCredential:
    """An API key out of `api_keys`, or else a signature with the key pair of AWS's own chain.

    The chain: `pair`, variables, web identity, profile, container, EC2; a profile that is named,
    here or by `AWS_PROFILE`, goes before web identity. Asks nobody before it is used.
    """
    files = AwsFiles(environment)
    sts = Sts(environment, region)
    library = AwsLibrary(files)
    chosen = Profile(
        environment,
        sts,
        exist=files.exist,
        read=files.profiles,
        library=library.keys,
        given=profile,
    )
    variables, identity = Variables(environment), WebIdentity(environment, sts)
    container, machine = Container(environment), Ec2(environment)
    web = Leased(identity.name, identity.grant, named=identity.named)
    own = Leased(f"the AWS profile {chosen.label}", chosen.grant, named=chosen.named)
    given = () if pair is None else (Given("the AWS key pair of the settings", pair),)
    places = (
        *(Leased(place.name, place.grant, named=place.named) for place in given),
        Leased(variables.name, variables.grant, named=variables.named),
        *((own, web) if chosen.chosen else (web, own)),
        Leased(container.name, container.grant, named=container.named),
        Leased(machine.name, machine.grant, named=machine.named),
    )
    return AwsCredential(
        origin, api_keys, places, Scope(region, service), missing=missing, further=further
    )


def google_credential(
    origin: Origin,
    environment: Environment,
    *,
    api_keys: Sources = (),
    form: HeaderForm = BEARER,
    credentials_file: Path | None = None,
    missing: str,
    further: frozenset[Origin] = frozenset(),
) -> Credential:
    """An API key out of `api_keys`, or else a token of Google's own chain.

    The chain: `credentials_file`, `GOOGLE_APPLICATION_CREDENTIALS`, gcloud's login, the machine's
    metadata server. `form` is how a rotated key is written. Asks nobody before it is used.
    """
    library = google_library()
    named = CredentialsFile(
        FILE_VARIABLE if credentials_file is None else str(credentials_file),
        lambda: credentials_file or file_of_environment(environment),
        library,
        certain=True,
    )
    login = CredentialsFile(
        "gcloud's login", lambda: file_of_gcloud(environment), library, certain=False
    )
    machine = GoogleMetadata(environment)
    tokens = (
        TokenSource(named.name, named.grant, named=named.named),
        TokenSource(login.name, login.grant, named=login.named),
        TokenSource(machine.name, machine.grant, named=machine.named),
    )
    sources = (*api_keys, *((source, BEARER) for source in tokens))
    return ChargedCredential(
        origin,
        sources,
        environment=environment,
        files=(named, login),
        form=form,
        missing=missing,
        further=further,
    )


def entra_sources(environment: Environment, scope: str = ENTRA_SCOPE) -> Sources:
    """The places that grant tokens of Microsoft Entra, to stand behind an API key's sources.

    An application's secret, a workload's token, the managed identity, then azure-identity where it
    is installed.
    """
    secret, workload = ClientSecret(environment, scope), Workload(environment, scope)
    managed, library = ManagedIdentity(environment, scope), Library(azure_library(scope))
    return (
        (TokenSource(secret.name, secret.grant, named=secret.named), BEARER),
        (TokenSource(workload.name, workload.grant, named=workload.named), BEARER),
        (TokenSource(managed.name, managed.grant, named=managed.named), BEARER),
        (TokenSource(library.name, library.grant, named=library.named), BEARER),
    )


def entra_credential(
    origin: Origin,
    environment: Environment,
    *,
    api_keys: Sources = (),
    form: HeaderForm = BEARER,
    scope: str = ENTRA_SCOPE,
    missing: str,
    further: frozenset[Origin] = frozenset(),
) -> Credential:
    """An API key out of `api_keys`, or else a token of Microsoft Entra. Asks nobody before use.

    `form` is how a rotated key is written.
    """
    sources = (*api_keys, *entra_sources(environment, scope))
    return RenewedCredential(origin, sources, form=form, missing=missing, further=further)
