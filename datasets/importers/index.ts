export { importAzure } from './azure.ts';
export { importCsv, TIME_UNITS, type CsvOptions, type TimeUnit } from './csv.ts';
export { importTrace, type ImportSettings, type ImportSummary } from './import-trace.ts';
export { ASSUMED_CHAT, type AssumedRequest, type Importer } from './importer.ts';
export { importLiteLlm } from './litellm.ts';
export { importMooncake, type MooncakeOptions } from './mooncake.ts';
export { refuseBadRows, skipBadRows, type RejectedRow, type Rejects } from './rejects.ts';
export { importServeGen, type ServeGenOptions } from './servegen.ts';
export { importTokenPool, type TokenPoolOptions } from './tokenpool.ts';
