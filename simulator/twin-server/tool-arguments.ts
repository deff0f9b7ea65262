const DEPTH_MAX = 8;

type Schema = Readonly<Record<string, unknown>>;

/**
 * Arguments that fit a function's JSON Schema as far as simple schemas go: every property gets the first of its enum or
 * a plain value of its type. Schemas that nest deeper than 8 end in `null`.
 */
export function toolArguments(parameters: unknown, depth = 0): unknown {
  if (!isSchema(parameters) || depth > DEPTH_MAX) return depth === 0 ? {} : null;
  const { enum: choices, const: fixed } = parameters;
  if (fixed !== undefined) return fixed;
  if (Array.isArray(choices) && choices.length > 0) return choices[0];
  const type: unknown = Array.isArray(parameters['type']) ? parameters['type'][0] : parameters['type'];
  switch (type) {
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return typeof parameters['minimum'] === 'number' ? parameters['minimum'] : 1;
    case 'boolean':
      return true;
    case 'array':
      return isSchema(parameters['items']) ? [toolArguments(parameters['items'], depth + 1)] : [];
    case 'null':
      return null;
    default: {
      const properties = isSchema(parameters['properties']) ? Object.entries(parameters['properties']) : [];
      return Object.fromEntries(properties.map(([name, schema]) => [name, toolArguments(schema, depth + 1)]));
    }
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
