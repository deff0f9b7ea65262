/**
 * The same inputs for the property tests in every run, so that a red one says something of the change it was run for.
 * `npm run prove -- --only properties` looks for others, by giving another seed in `PROPERTY_SEED`.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 20_261) });
