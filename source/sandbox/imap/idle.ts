import {bad, ok, type Command} from './context.js';
import {tellChanges} from './view.js';

/** IDLE (RFC 2177): tells changes of the selected folder as they happen, until DONE. */
export const idleCommand: Command = {
	state: 'after',
	async run(context) {
		const {wire, law, view} = context;
		wire.line(`+ ${law.words.idling}`);
		tellChanges(context, true);
		await wire.flush();
		const stop = view?.folder.watch(() => {
			tellChanges(context, true);
			// Failure shows at the next command; nobody waits here.
			wire.flush().catch(() => undefined); // eslint-disable-line promise/prefer-await-to-then -- called back, nothing can await
		});
		try {
			const line = await context.nextLine();
			return line?.toUpperCase() === 'DONE' ? ok(law.words.done('IDLE')) : bad(law.words.badArguments);
		} finally {
			stop?.();
		}
	},
};
