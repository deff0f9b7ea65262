import { describe, expect, it } from 'vitest';
import { findScope, scopeIdOf } from '../../../src/protocols/openai/session-scope.ts';

describe('B.6 the scope of a request', () => {
  it.each([
    // Headers, whatever their writing.
    [{ 'x-token-pool-session': 'a' }, {}, 'session', 'a'],
    [{ session_id: 'a' }, {}, 'session', 'a'],
    [{ 'session-id': 'a' }, {}, 'session', 'a'],
    [{ 'X-Session-Id': 'a' }, {}, 'session', 'a'],
    [{ X_SESSION_ID: 'a' }, {}, 'session', 'a'],
    [{ sessionid: 'a' }, {}, 'session', 'a'],
    [{ 'anthropic-session-id': 'a' }, {}, 'session', 'a'],
    [{ conversation_id: 'a' }, {}, 'conversation', 'a'],
    [{ 'conversation-id': 'a' }, {}, 'conversation', 'a'],
    [{ 'x-conversation-id': 'a' }, {}, 'conversation', 'a'],
    [{ 'x-token-pool-conversation': 'a' }, {}, 'conversation', 'a'],
    [{ 'x-token-pool-resume': 'a' }, {}, 'resume', 'a'],
    // Fields of the body.
    [{}, { session_id: 'a' }, 'session', 'a'],
    [{}, { sessionId: 'a' }, 'session', 'a'],
    [{}, { conversation_id: 'a' }, 'conversation', 'a'],
    [{}, { conversationId: 'a' }, 'conversation', 'a'],
    [{}, { conversation: 'a' }, 'conversation', 'a'],
    [{}, { conversation: { id: 'a' } }, 'conversation', 'a'],
    [{}, { previous_response_id: 'a' }, 'resume', 'a'],
    // Metadata.
    [{}, { metadata: { session_id: 'a' } }, 'session', 'a'],
    [{}, { metadata: { sessionId: 'a' } }, 'session', 'a'],
    [{}, { metadata: { conversation_id: 'a' } }, 'conversation', 'a'],
    [{}, { metadata: { conversationId: 'a' } }, 'conversation', 'a'],
    [{}, { metadata: { user_id: 'user_1_account__session_a-b' } }, 'session', 'a-b'],
    [{}, { metadata: { previousRequestId: 'a' } }, 'resume', 'a'],
    [{}, { metadata: { responsesResume: { previousRequestId: 'a' } } }, 'resume', 'a'],
    // Nothing of use.
    [{}, {}, 'request', ''],
    [{ 'x-token-pool-session': ' ', session: 'a', 'x-session-idea': 'a', 'my-session-id': 'a' }, {}, 'request', ''],
    [{}, { session_id: '', sessionId: 7, conversation: null, metadata: 'session_id' }, 'request', ''],
    [{}, { prompt_cache_key: 'a', user: 'a', metadata: { user_id: 'a' } }, 'request', ''],
    [{}, { metadata: { user_id: 'user_1_session_', responsesResume: 'a' } }, 'request', ''],
  ])('of headers %j and body %j is %s %j', (headers, body, scope, id) => {
    expect(findScope(body, headers)).toEqual({ scope, id });
  });

  it('is the nearest one that is named anywhere', () => {
    const body = { metadata: { session_id: 's' }, conversation_id: 'c', previous_response_id: 'r' };
    expect(findScope(body, { 'x-conversation-id': 'h' })).toEqual({ scope: 'session', id: 's' });
    expect(findScope({ ...body, metadata: {} }, {})).toEqual({ scope: 'conversation', id: 'c' });
    expect(findScope({ previous_response_id: 'r' }, {})).toEqual({ scope: 'resume', id: 'r' });
  });

  it("takes the pool's own header first, then other headers, the body, and metadata", () => {
    const headers = { 'session-id': 'other', 'x-token-pool-session': 'own' };
    const body = { session_id: 'body', metadata: { session_id: 'metadata', user_id: 'x_session_user' } };
    expect(findScope(body, headers).id).toBe('own');
    expect(findScope(body, { 'session-id': 'other' }).id).toBe('other');
    expect(findScope(body, {}).id).toBe('body');
    expect(findScope({ metadata: body.metadata }, {}).id).toBe('metadata');
  });

  it('bounds long ids and keeps them apart', () => {
    const [a, b] = ['a', 'b'].map((end) => findScope({ session_id: 'x'.repeat(10_000) + end }, {}).id);
    expect(a).toHaveLength(64);
    expect(a).not.toBe(b);
    expect(findScope({ session_id: 'x'.repeat(128) }, {}).id).toHaveLength(128);
  });

  it('is bound to the client; that of a request is what a later one resumes', () => {
    expect(scopeIdOf(findScope({ session_id: 's' }, {}), 'alice')).toBe('alice:session:s');
    expect(scopeIdOf(findScope({ conversation: 'c' }, {}), 'alice')).toBe('alice:conversation:c');
    const resumed = scopeIdOf(findScope({ previous_response_id: 'req-1' }, {}), 'alice');
    expect(resumed).toBe('alice:resume:req-1');
    expect(`${scopeIdOf(findScope({}, {}), 'alice')}req-1`).toBe(resumed);
  });
});
