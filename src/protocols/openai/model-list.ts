export interface ListedModel {
  /** A model's name or an alias, as a client may ask for it. */
  readonly id: string;
  /** Who answers: a provider's id, or the pool's own name for an alias. */
  readonly ownedBy: string;
}

/**
 * The body of `GET /models`, in order of name, each name once.
 *
 * @param createdEpochSeconds of all of them: providers' own dates are not known; the start of the proxy will do
 */
export function modelListBody(models: readonly ListedModel[], createdEpochSeconds: number): string {
  const byId = new Map<string, ListedModel>();
  for (const model of models) if (!byId.has(model.id)) byId.set(model.id, model);
  const listed = [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return JSON.stringify({ object: 'list', data: listed.map((model) => modelObject(model, createdEpochSeconds)) });
}

/** The body of `GET /models/ID`. */
export function modelBody(model: ListedModel, createdEpochSeconds: number): string {
  return JSON.stringify(modelObject(model, createdEpochSeconds));
}

function modelObject({ id, ownedBy }: ListedModel, createdEpochSeconds: number): object {
  return { id, object: 'model', created: createdEpochSeconds, owned_by: ownedBy };
}
