import {FailureError} from '../mailbox/failure.js';
import {systemCode} from './journal-file.js';

/** A system error while the record was being kept, as a failure; failures pass unchanged. */
export const unwritable = (path: string, error: unknown): FailureError => {
	if (error instanceof FailureError) {
		return error;
	}

	const code = systemCode(error);
	const words = code === 'ELOOP' ? 'it is a symbolic link' : (error instanceof Error ? error.message : String(error));
	return new FailureError('journal-unwritable', {detail: `${path}: ${words}`, cause: error});
};

export const damaged = (path: string, offset: number, why: string): FailureError =>
	new FailureError('journal-damaged', {detail: `${path}, at byte ${offset}: ${why}`});

export const foreign = (path: string, why: string): FailureError =>
	new FailureError('journal-foreign', {detail: `${path}: ${why}`});
