export { loadTrace, memoryTrace } from './memory-trace.ts';
export { TRACE_COLUMNS, TRACE_DEFAULTS, type TraceColumnName } from './trace-columns.ts';
export { openTrace } from './trace-file.ts';
export { writeTrace, type WriteTraceOptions, type WrittenTrace } from './trace-writer.ts';
export type { RecordedOutcome, TraceRow, TraceSource } from './trace.ts';
