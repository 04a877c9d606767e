"""fairlead: one fast, faithful line to every model provider.

Importing this package does no I/O and loads nothing: every name below is fetched when it is first
used.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # importing typing would cost more than all the rest of this file
if TYPE_CHECKING:
    from fairlead import cost as cost, models as models, telemetry as telemetry
    from fairlead.ambient import deadline as deadline
    from fairlead.attachments import attach as attach
    from fairlead.client import (
        AsyncClient as AsyncClient,
        AsyncProvider as AsyncProvider,
        Client as Client,
        Provider as Provider,
    )
    from fairlead.conforming.start import conform as conform
    from fairlead.dialects.ag_ui.options import AgUiOptions as AgUiOptions
    from fairlead.dialects.anthropic_messages.options import (
        AnthropicOptions as AnthropicOptions,
    )
    from fairlead.dialects.bedrock_converse.options import BedrockOptions as BedrockOptions
    from fairlead.dialects.cohere.options import CohereOptions as CohereOptions
    from fairlead.dialects.gemini.options import GeminiOptions as GeminiOptions
    from fairlead.dialects.ollama.options import OllamaOptions as OllamaOptions
    from fairlead.dialects.openai_chat.options import OpenAIChatOptions as OpenAIChatOptions
    from fairlead.dialects.openai_responses.options import (
        OpenAIResponsesOptions as OpenAIResponsesOptions,
    )
    from fairlead.engine.budgets import budget as budget
    from fairlead.errors import (
        AllTargetsFailed as AllTargetsFailed,
        ApiError as ApiError,
        AuthenticationError as AuthenticationError,
        BadRequestError as BadRequestError,
        BreakerOpen as BreakerOpen,
        BudgetExceeded as BudgetExceeded,
        ConfigError as ConfigError,
        ConnectError as ConnectError,
        ConnectTimeout as ConnectTimeout,
        ContentFilterError as ContentFilterError,
        ContextLengthError as ContextLengthError,
        DeadlineExceeded as DeadlineExceeded,
        DecodeError as DecodeError,
        ExtractionFailed as ExtractionFailed,
        FairleadError as FairleadError,
        InvalidRequest as InvalidRequest,
        LimitExceeded as LimitExceeded,
        LocalModelError as LocalModelError,
        MalformedJson as MalformedJson,
        MalformedToolArguments as MalformedToolArguments,
        MissingCredentials as MissingCredentials,
        NotFoundError as NotFoundError,
        OverloadedError as OverloadedError,
        PermissionDeniedError as PermissionDeniedError,
        PoolTimeout as PoolTimeout,
        ProtocolError as ProtocolError,
        ProviderRetired as ProviderRetired,
        QuotaExceededError as QuotaExceededError,
        RateLimitError as RateLimitError,
        ReadTimeout as ReadTimeout,
        RefusedError as RefusedError,
        RequestError as RequestError,
        ResponseTooLarge as ResponseTooLarge,
        SchemaMismatch as SchemaMismatch,
        ServerError as ServerError,
        StoreError as StoreError,
        StreamInterrupted as StreamInterrupted,
        TapeMismatch as TapeMismatch,
        ToolFailed as ToolFailed,
        TransportError as TransportError,
        TurnsExceeded as TurnsExceeded,
        UnknownBudget as UnknownBudget,
        UnknownModel as UnknownModel,
        UnknownProvider as UnknownProvider,
        UnsupportedFeature as UnsupportedFeature,
    )
    from fairlead.extraction.start import (
        ExtractOptions as ExtractOptions,
        ItemOptions as ItemOptions,
    )
    from fairlead.framing.json_reader import CompletedValue as CompletedValue
    from fairlead.framing.partial_json import PartialJson as PartialJson
    from fairlead.framing.repaired_json import (
        JsonRepair as JsonRepair,
        repaired_json as repaired_json,
    )
    from fairlead.inputs import ChatOptions as ChatOptions
    from fairlead.operation_inputs import (
        CallOptions as CallOptions,
        CompletionOptions as CompletionOptions,
    )
    from fairlead.ports import Limits as Limits, Observer as Observer, Timeouts as Timeouts
    from fairlead.routes import route as route
    from fairlead.runs import AsyncRunStream as AsyncRunStream, RunStream as RunStream
    from fairlead.schemas.describe import schema_of as schema_of
    from fairlead.schemas.function_tool import (
        FunctionTool as FunctionTool,
        tool as tool,
        tool_of as tool_of,
    )
    from fairlead.schemas.values import convert as convert
    from fairlead.settings import Settings as Settings
    from fairlead.speech import (
        AsyncSpeechStream as AsyncSpeechStream,
        SpeechStream as SpeechStream,
    )
    from fairlead.stream import (
        AsyncEventStream as AsyncEventStream,
        AsyncStream as AsyncStream,
        EventStream as EventStream,
        Stream as Stream,
    )
    from fairlead.tapes.recording import record as record
    from fairlead.tapes.replaying import replay as replay
    from fairlead.tool_progress import (
        ToolCallProgress as ToolCallProgress,
        ToolCallTracker as ToolCallTracker,
    )
    from fairlead.turns.start import RunOptions as RunOptions
    from fairlead.types.conformance import CheckOutcome as CheckOutcome, Scorecard as Scorecard
    from fairlead.types.events import (
        CitationEvent as CitationEvent,
        Event as Event,
        Finish as Finish,
        PartEnd as PartEnd,
        ReasoningDelta as ReasoningDelta,
        RefusalDelta as RefusalDelta,
        ResponseStart as ResponseStart,
        StreamContinued as StreamContinued,
        StreamRestarted as StreamRestarted,
        TextDelta as TextDelta,
        ToolCallDelta as ToolCallDelta,
        ToolCallEnd as ToolCallEnd,
        ToolCallStart as ToolCallStart,
        UsageEvent as UsageEvent,
    )
    from fairlead.types.explained import (
        ExplainedField as ExplainedField,
        Explanation as Explanation,
    )
    from fairlead.types.extraction import (
        Extraction as Extraction,
        Partial as Partial,
        SavedTokens as SavedTokens,
    )
    from fairlead.types.health import LimitHealth as LimitHealth, TargetHealth as TargetHealth
    from fairlead.types.http import HttpSettings as HttpSettings
    from fairlead.types.messages import (
        Audio as Audio,
        Citation as Citation,
        Document as Document,
        File as File,
        Image as Image,
        Message as Message,
        Opaque as Opaque,
        ProviderState as ProviderState,
        Reasoning as Reasoning,
        Refusal as Refusal,
        Text as Text,
        ToolCall as ToolCall,
        ToolResult as ToolResult,
    )
    from fairlead.types.observed import (
        CallEnd as CallEnd,
        ObservedAttempt as ObservedAttempt,
        ObservedCall as ObservedCall,
    )
    from fairlead.types.operations import (
        EmbeddingResponse as EmbeddingResponse,
        GeneratedImage as GeneratedImage,
        ImageResponse as ImageResponse,
        RankedDocument as RankedDocument,
        RerankResponse as RerankResponse,
        Speech as Speech,
        TokenCount as TokenCount,
        Transcription as Transcription,
        TranscriptSegment as TranscriptSegment,
    )
    from fairlead.types.plain import (
        CheckResult as CheckResult,
        ModelInfo as ModelInfo,
        PostResponse as PostResponse,
        ServerEvent as ServerEvent,
    )
    from fairlead.types.receipts import Attempt as Attempt, Receipt as Receipt, Timings as Timings
    from fairlead.types.requests import ChatRequest as ChatRequest
    from fairlead.types.responses import ChatResponse as ChatResponse, FinishReason as FinishReason
    from fairlead.types.routes import Route as Route, RouteTarget as RouteTarget
    from fairlead.types.runs import (
        RunEvent as RunEvent,
        RunResult as RunResult,
        ToolEnd as ToolEnd,
        ToolRun as ToolRun,
        ToolStart as ToolStart,
        TurnEnd as TurnEnd,
        TurnStart as TurnStart,
    )
    from fairlead.types.tools import (
        NamedTool as NamedTool,
        OutputSchema as OutputSchema,
        ProviderTool as ProviderTool,
        Tool as Tool,
    )
    from fairlead.types.usage import Cost as Cost, Usage as Usage

__version__ = "0.1.0"

_HOMES = {
    "ambient": "deadline",
    "attachments": "attach",
    "client": "AsyncClient AsyncProvider Client Provider",
    "conforming.start": "conform",
    "dialects.ag_ui.options": "AgUiOptions",
    "dialects.anthropic_messages.options": "AnthropicOptions",
    "dialects.bedrock_converse.options": "BedrockOptions",
    "dialects.cohere.options": "CohereOptions",
    "dialects.gemini.options": "GeminiOptions",
    "dialects.ollama.options": "OllamaOptions",
    "dialects.openai_chat.options": "OpenAIChatOptions",
    "dialects.openai_responses.options": "OpenAIResponsesOptions",
    "engine.budgets": "budget",
    "errors": (
        "AllTargetsFailed ApiError AuthenticationError BadRequestError BreakerOpen BudgetExceeded "
        "ConfigError ConnectError ConnectTimeout ContentFilterError ContextLengthError "
        "DeadlineExceeded DecodeError ExtractionFailed FairleadError InvalidRequest LimitExceeded "
        "LocalModelError MalformedJson MalformedToolArguments MissingCredentials NotFoundError "
        "OverloadedError PermissionDeniedError PoolTimeout ProtocolError ProviderRetired "
        "QuotaExceededError RateLimitError ReadTimeout RefusedError RequestError ResponseTooLarge "
        "SchemaMismatch ServerError StoreError StreamInterrupted TapeMismatch ToolFailed "
        "TransportError TurnsExceeded UnknownBudget UnknownModel UnknownProvider "
        "UnsupportedFeature"
    ),
    "extraction.start": "ExtractOptions ItemOptions",
    "framing.json_reader": "CompletedValue",
    "framing.partial_json": "PartialJson",
    "framing.repaired_json": "JsonRepair repaired_json",
    "inputs": "ChatOptions",
    "operation_inputs": "CallOptions CompletionOptions",
    "ports": "Limits Observer Timeouts",
    "routes": "route",
    "runs": "AsyncRunStream RunStream",
    "schemas.describe": "schema_of",
    "schemas.function_tool": "FunctionTool tool tool_of",
    "schemas.values": "convert",
    "settings": "Settings",
    "speech": "AsyncSpeechStream SpeechStream",
    "stream": "AsyncEventStream AsyncStream EventStream Stream",
    "tapes.recording": "record",
    "tapes.replaying": "replay",
    "tool_progress": "ToolCallProgress ToolCallTracker",
    "turns.start": "RunOptions",
    "types.conformance": "CheckOutcome Scorecard",
    "types.events": (
        "CitationEvent Event Finish PartEnd ReasoningDelta RefusalDelta ResponseStart "
        "StreamContinued StreamRestarted TextDelta ToolCallDelta ToolCallEnd ToolCallStart "
        "UsageEvent"
    ),
    "types.explained": "ExplainedField Explanation",
    "types.extraction": "Extraction Partial SavedTokens",
    "types.health": "LimitHealth TargetHealth",
    "types.http": "HttpSettings",
    "types.messages": (
        "Audio Citation Document File Image Message Opaque ProviderState Reasoning Refusal Text "
        "ToolCall ToolResult"
    ),
    "types.operations": (
        "EmbeddingResponse GeneratedImage ImageResponse RankedDocument RerankResponse Speech "
        "TokenCount Transcription TranscriptSegment"
    ),
    "types.observed": "CallEnd ObservedAttempt ObservedCall",
    "types.plain": "CheckResult ModelInfo PostResponse ServerEvent",
    "types.receipts": "Attempt Receipt Timings",
    "types.requests": "ChatRequest",
    "types.responses": "ChatResponse FinishReason",
    "types.routes": "Route RouteTarget",
    "types.runs": "RunEvent RunResult ToolEnd ToolRun ToolStart TurnEnd TurnStart",
    "types.tools": "NamedTool OutputSchema ProviderTool Tool",
    "types.usage": "Cost Usage",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

_MODULES = ("cost", "models", "telemetry")

__all__ = ["__version__", *_MODULES, *sorted(_HOME_OF)]  # all are strings


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f"fairlead.{name}")
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'fairlead' has no attribute {name!r}")
    value = getattr(import_module(f"fairlead.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
