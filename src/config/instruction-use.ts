/** What becomes of instructions (`<**...**>`) in messages: whoever writes a message could choose where it goes. */

export const INSTRUCTION_USES = ['apply', 'text', 'refuse'] as const;
/** They steer; they pass as the text that they are; a request with any is refused (403). */
export type InstructionUse = (typeof INSTRUCTION_USES)[number];

interface InstructionSettings {
  readonly instructions: InstructionUse;
  readonly clientKeys: readonly { readonly name: string; readonly instructions?: InstructionUse | undefined }[];
}

/**
 * What becomes of the instructions in the requests of a caller: as its client key says, else as the configuration does.
 *
 * @param clientKey name of the client key, null for a caller without
 */
export function instructionUseOf(settings: InstructionSettings, clientKey: string | null): InstructionUse {
  return settings.clientKeys.find(({ name }) => name === clientKey)?.instructions ?? settings.instructions;
}
