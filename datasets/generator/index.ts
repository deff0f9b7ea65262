export { generateTrace } from './generate-trace.ts';
export {
  GENERATOR_PROFILE_NAMES,
  GENERATOR_PROFILES,
  type GeneratorProfile,
  type GeneratorProfileName,
} from './profiles.ts';
export { checkSettings, generatorSchema, type GeneratorInput, type GeneratorSettings } from './settings.ts';
