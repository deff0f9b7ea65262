import { Trouble } from '../parts/trouble.tsx';
import type { PlanField, PlanForm, PlanProblems } from './plan-form.ts';

export interface PlanFieldsProps {
  readonly form: PlanForm;
  /** What is wrong, each shown below its field. */
  readonly problems: PlanProblems;
  readonly onForm: (form: PlanForm) => void;
}

type Field = readonly [name: PlanField, label: string, unit: string];

const STAGES: readonly Field[] = [
  ['shadowFor', 'Shadow for', 'such as 2m or 1h; 0: none'],
  ['canaryPercent', 'Canary, share of the sessions', '%, at most 50; 0: none'],
  ['canaryFor', 'Canary for', 'such as 10m or 2h'],
  ['requestsMin', 'Fewest requests a stage', 'it waits up to three times its length'],
];
const GUARDS: readonly Field[] = [
  ['successDropPoints', 'Requests answered, at most', 'points below the rest'],
  ['lateFirstTokenFactor', 'Late first tokens, at most', 'times the rest'],
  ['costFactor', 'Cost per request, at most', 'times the rest'],
  ['budgetUsePercent', 'Use of any budget, at most', '%'],
];

/** How it is to be tried, and what ends the trial. */
export function PlanFields(props: PlanFieldsProps) {
  return (
    <>
      <FieldGroup {...props} title="Stages" fields={STAGES} />
      <FieldGroup {...props} title="Guards" fields={GUARDS} />
    </>
  );
}

interface FieldGroupProps extends PlanFieldsProps {
  readonly title: string;
  readonly fields: readonly Field[];
}

function FieldGroup({ title, fields, form, problems, onForm }: FieldGroupProps) {
  return (
    <fieldset class="fields">
      <legend>{title}</legend>
      {fields.map(([name, label, unit]) => (
        <div key={name}>
          <label for={`plan-${name}`}>{label}</label>
          <input
            id={`plan-${name}`}
            value={form[name]}
            aria-invalid={problems[name] !== undefined}
            aria-describedby={`plan-${name}-unit plan-${name}-trouble`}
            onInput={(event) => onForm({ ...form, [name]: event.currentTarget.value })}
          />
          <span id={`plan-${name}-unit`} class="hint">
            {unit}
          </span>
          <div id={`plan-${name}-trouble`}>
            <Trouble text={problems[name] ?? null} />
          </div>
        </div>
      ))}
    </fieldset>
  );
}
