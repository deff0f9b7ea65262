/**
 * Fields that may be written under other names too, as files of other routers have them. What was written stays as it
 * was, so that complaints lead to where it stands; {@link fieldUnder} reads it.
 */
import type * as z from 'zod';

/** The fields of a schema for the other names of a field. */
export function synonymFields<const Name extends string, Schema extends z.ZodType>(
  field: string,
  names: readonly Name[],
  schema: Schema,
): Record<Name, z.ZodOptional<Schema>> {
  const described = schema.optional().meta({ description: `The same as ${field}` });
  return Object.fromEntries(names.map((name) => [name, described])) as Record<Name, z.ZodOptional<Schema>>;
}

/** What stands under the first of some names that are for one thing; null when there is nothing under any. */
export function fieldUnder<Form extends object, Name extends keyof Form>(
  form: Form,
  names: readonly Name[],
): { readonly name: Name; readonly value: Exclude<Form[Name], undefined> } | null {
  const name = names.find((each) => form[each] !== undefined);
  return name === undefined ? null : { name, value: form[name] as Exclude<Form[Name], undefined> };
}

/** Takes what is wrong with an object: the field, and the complaint. */
export type ReportField = (field: string, complaint: string) => void;

/** Complains of each further one of several names for one thing. */
export function refuseSecondName<Form extends object>(
  form: Form,
  names: readonly (keyof Form & string)[],
  report: ReportField,
): void {
  const [first, ...others] = names.filter((name) => form[name] !== undefined);
  for (const other of others) report(other, `says the same as ${first}; give one of them`);
}

/** A `superRefine` for an object, in which complaints go to its fields. */
export function checkFields<Form>(check: (form: Form, report: ReportField) => void) {
  return (form: Form, context: z.RefinementCtx<Form>): void => {
    check(form, (field, message) => context.addIssue({ code: 'custom', path: [field], message }));
  };
}
