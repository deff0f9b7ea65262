/** The OpenAI wire protocol: what of a call and its answer the proxy reads, and the little that it changes. */
export {
  forbiddenModelMessage,
  problemAnswer,
  proxyErrorAnswer,
  rejectAnswer,
  streamErrorEvent,
  unknownModelMessage,
  type ErrorAnswer,
  type ProxyErrorCode,
} from './error-body.ts';
export { modelBody, modelListBody, type ListedModel } from './model-list.ts';
export {
  parseRequest,
  type Endpoint,
  type ParsedRequest,
  type RequestFeatures,
  type RequestProblem,
} from './parse-request.ts';
export { isQuotaRefusal, type ProviderError } from './provider-error.ts';
export { HEADER_WORDS, type RequestHeaders } from './request-traits.ts';
export { readAnswer, type AnswerReading, type BadBody } from './response-usage.ts';
export { limitedForMs, retryAfterMs, type ResponseHeaders } from './retry-after.ts';
export { rewriteRequest, type UpstreamForm } from './rewrite-request.ts';
export { StreamUsage } from './stream-usage.ts';
export type { Usage } from './usage.ts';
