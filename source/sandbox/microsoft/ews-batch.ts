import {GivenUp, type Call} from './ews-call.js';
import {errorMessage, successMessage} from './ews-envelope.js';
import {
	CallRefused, ItemRefused, refusalOf, stopsBatch, textOf,
} from './ews-refusals.js';

/** What stays of a response message that tells an error, by operation: an empty container or nothing (lesson 18). */
const containers: Readonly<Record<string, string>> = {
	CreateItem: '<m:Items/>', GetItem: '<m:Items/>', UpdateItem: '<m:Items/>', MoveItem: '<m:Items/>', CreateFolder: '<m:Folders/>', GetFolder: '<m:Folders/>', // eslint-disable-line @typescript-eslint/naming-convention -- names of operations
};

const giveUp = ({trouble: {givesUp}}: Call, done: number): void => {
	if (givesUp?.after === done) {
		throw givesUp.code === undefined ? new GivenUp() : new CallRefused(givesUp.code);
	}
};

/**
Does the parts of a call one by one, each with a response message of its own, in their order. After an error of the whole mailbox
the rest is not tried (ErrorBatchProcessingStopped). `gone` is the code for a folder that is deleted meanwhile.
*/
export const inBatch = async <Part>(call: Call, parts: readonly Part[], work: (part: Part) => string | Promise<string>, gone?: string): Promise<string[]> => {
	const {operation} = call.request;
	const container = containers[operation] ?? '';
	const messages: string[] = [];
	let stopped = false;
	for (const [index, part] of parts.entries()) {
		if (stopped) {
			messages.push(errorMessage(operation, {code: 'ErrorBatchProcessingStopped', text: textOf('ErrorBatchProcessingStopped')}, container));
			continue;
		}

		giveUp(call, index);
		await call.spend(); // eslint-disable-line no-await-in-loop -- one after the other, as the servers do
		const trouble = call.trouble.of(index);
		try {
			const done = trouble && !trouble.stored ? '' : await work(part); // eslint-disable-line no-await-in-loop
			if (trouble) {
				throw new ItemRefused(trouble.refused.code, trouble.refused);
			}

			messages.push(successMessage(operation, done));
		} catch (error) {
			const refused = refusalOf(error, gone);
			messages.push(errorMessage(operation, refused, container));
			stopped = Boolean(trouble?.stops) || stopsBatch(refused.code);
		}
	}

	return messages;
};
