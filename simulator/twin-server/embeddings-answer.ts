import { DRAW_PURPOSE_OUTSIDE_ROUTER, drawUniform } from '../../src/router/keyed-draw.ts';
import type { AttemptPlan } from '../twins/attempt-plan.ts';
import type { AnswerForm } from './answer-form.ts';
import type { EmbeddingsCall } from './openai-request.ts';

const EMBEDDING_PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 401;

/** Embeddings: unit vectors drawn by request, input and place. */
export class EmbeddingsAnswer implements AnswerForm {
  private readonly call: EmbeddingsCall;
  private readonly requestKey: number;

  constructor(call: EmbeddingsCall, requestKey: number) {
    this.call = call;
    this.requestKey = requestKey;
  }

  whole(plan: AttemptPlan): string {
    const { model, inputs, asBase64, dimensions } = this.call;
    const data = Array.from({ length: inputs }, (_, index) => {
      const vector = unitVector(this.requestKey, index, dimensions);
      const embedding = asBase64
        ? Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
        : [...vector];
      return { object: 'embedding', index, embedding };
    });
    const usage = { prompt_tokens: plan.inputTokens, total_tokens: plan.inputTokens };
    return JSON.stringify({ object: 'list', data, model, usage });
  }

  opening(): string {
    return '';
  }

  tokens(): string {
    return '';
  }

  closing(): string {
    return '';
  }
}

/** 32-bit floats in the byte order of the machine, which is little-endian wherever Node runs today. */
function unitVector(requestKey: number, input: number, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  let squares = 0;
  for (let place = 0; place < dimensions; place++) {
    const value = drawUniform(input, requestKey, place, EMBEDDING_PURPOSE) - 0.5;
    vector[place] = value;
    squares += value * value;
  }
  const length = Math.sqrt(squares);
  return length === 0 ? vector : vector.map((value) => value / length);
}
