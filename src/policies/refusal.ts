/** Why an order about policies was not carried out; nothing has changed. */
export class PolicyRefusal extends Error {
  override readonly name = 'PolicyRefusal';
  /** `refused`: this candidate may not; `conflict`: not now. */
  readonly kind: 'refused' | 'conflict';

  constructor(kind: PolicyRefusal['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}
