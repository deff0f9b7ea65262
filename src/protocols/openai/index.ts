/** The OpenAI wire protocol: what of a call and its answer the proxy reads, and the little that it changes. */
export {
  forbiddenModelMessage,
  problemAnswer,
  proxyErrorAnswer,
  rejectAnswer,
  streamErrorEvent,
  notAvailableMessage,
  unknownAddressMessage,
  unknownModelMessage,
  unknownRouteMessage,
  type ErrorAnswer,
  type ProxyErrorCode,
} from './error-body.ts';
export { modelBody, modelListBody, type ListedModel } from './model-list.ts';
export { parseRequest, type Endpoint, type ParsedRequest, type RequestFeatures } from './parse-request.ts';
export { isQuotaRefusal, type ProviderError } from './provider-error.ts';
export type { RequestHeaders } from './request-headers.ts';
export type { RequestProblem } from './request-problem.ts';
export { HEADER_WORDS } from './request-traits.ts';
export { readAnswer, type AnswerReading, type BadBody } from './response-usage.ts';
export { limitedForMs, retryAfterMs, type ResponseHeaders } from './retry-after.ts';
export { rewriteRequest, type UpstreamForm } from './rewrite-request.ts';
export type { SteeringOptions } from './steering.ts';
export { holdsMarkers, readMarkers, type MarkedBody } from './strip-markers.ts';
export { StreamUsage } from './stream-usage.ts';
export type { Usage } from './usage.ts';
