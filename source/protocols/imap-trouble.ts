import {FailureError} from '../mailbox/failure.js';
import {failureOfRefusal, throttleWait, type Phase} from './imap-answer.js';
import {cleanWords} from './imap-words.js';
import {WireError} from './imap-wire.js';

/** What went wrong on a signed-in connection as a failure. Anything but trouble of the wire is handed back as it is. */
export const failureOfTrouble = (error: unknown, phase: Phase): unknown => {
	if (!(error instanceof WireError)) {
		return error;
	}

	const {trouble, byToken} = error;
	switch (trouble.kind) {
		case 'refused': {
			return failureOfRefusal({phase, ...trouble, byToken});
		}

		case 'lost': {
			const wait = trouble.bye === undefined ? undefined : throttleWait(trouble.bye);
			return wait === undefined
				? new FailureError('connection-lost', {detail: cleanWords(trouble.bye ? `${trouble.reason}: ${trouble.bye}` : trouble.reason)})
				: new FailureError('throttled', {wait, detail: cleanWords(trouble.bye!)});
		}

		case 'nonsense': {
			return new FailureError('server-nonsense', {detail: trouble.reason});
		}

		case 'too-large': {
			return phase === 'fetch'
				? new FailureError('message-unreadable', {detail: `larger than this program takes: ${trouble.reason}`})
				: new FailureError('server-nonsense', {detail: trouble.reason});
		}
	}
};

/** The failures after which the same may be asked again over another connection. */
export const isPassing = (error: unknown): error is FailureError => error instanceof FailureError
	&& ['connection-lost', 'server-unavailable', 'throttled', 'server-nonsense'].includes(error.failure.code);
