/** The proxy's calls of providers. */
export type {
  AnswerHead,
  AttemptListener,
  AttemptResult,
  AttemptTimeouts,
  BufferedAnswer,
  UpstreamAttempt,
  UpstreamCall,
} from './attempt-result.ts';
export { endpointOf, type ProviderEndpoint } from './provider-endpoint.ts';
export { createHeaderSet, type HeaderSet, type ProviderAuth } from './provider-headers.ts';
export {
  createUpstreamClient,
  type UpstreamClient,
  type UpstreamCounts,
  type UpstreamOptions,
} from './upstream-client.ts';
