import {type Failure, type FailureCode, FailureError} from '../mailbox/failure.js';
import {type HttpTrouble} from './https.js';

export type TroubleContext = {
	readonly host: string;
	/** The host answered this session before: it is not its address that is wrong. */
	readonly answered: boolean;
	/** Bytes of something to be stored may have left. */
	readonly inDoubt: boolean;
};

/** Why no answer came, as a failure (design 7.2). */
export const failureOfTrouble = (trouble: HttpTrouble, {host, answered, inDoubt}: TroubleContext): Failure => {
	const of = (code: FailureCode): Failure => new FailureError(code, {
		detail: `${host}: ${trouble.message}`, outcome: inDoubt ? 'unknown' : 'not stored', ...(trouble.next && {next: trouble.next}),
	}).failure;
	switch (trouble.kind) {
		case 'certificate': {
			return of('tls-refused');
		}

		case 'unreachable': {
			return of(answered ? 'connection-lost' : 'host-unreachable');
		}

		case 'too-long': {
			return of('server-nonsense');
		}

		case 'lost':
		case 'silent':
		case 'stopped': {
			return of('connection-lost');
		}
	}
};
