// An adapter of the built program in a process of its own, so that only its memory is measured: lists a folder and goes
// through the list twice, then reads a folder of large ones.
import process from 'node:process';
import {realClock} from '../../dist/mailbox/clock.js';
import {ewsDestination} from '../../dist/destinations/ews.js';
import {graphDestination} from '../../dist/destinations/graph.js';
import {imapDestination} from '../../dist/destinations/imap.js';

const {destination: {kind, token, password, ...told}, task} = JSON.parse(process.argv[2]);
const common = {
	...told, clock: realClock(), random: Math.random, notice() {
		// Nobody to tell.
	},
};
const kinds = {
	ews: () => ewsDestination({...common, token: async () => token}),
	graph: () => graphDestination({...common, token: async () => token}),
	imap: () => imapDestination({...common, credential: async () => ({password})}),
};
const destination = (kinds[kind] ?? kinds.imap)();
const {signal} = new AbortController();
/** What is held on to, and what was held at the most, in megabytes. */
const measure = async () => {
	// Buffers are given back a turn after they were found unused.
	for (let turn = 0; turn < 3; turn++) {
		globalThis.gc();
		// eslint-disable-next-line no-await-in-loop -- one after another
		await new Promise(resolve => {
			setImmediate(resolve);
		});
	}

	const {heapUsed, external} = process.memoryUsage();
	return {held: Math.round((heapUsed + external) / 1_048_576), most: Math.round(process.resourceUsage().maxRSS / 1024)};
};

await destination.open(signal);
const first = await measure();
const list = await destination.list(task.many, signal);
const ids = new Set([...list].map(({id}) => id));
const listed = [...list].length === ids.size ? ids.size : 0;
ids.clear();
const afterList = await measure();

let read = 0;
let held = 0;
/** In a function: what a module's own loop had last would stay. */
const readAll = async messages => {
	for await (const content of destination.read(task.large, messages, signal)) {
		read += content.bytes?.length >= 40 * 1024 * 1024 ? 1 : 0;
		const now = await measure();
		held = Math.max(held, now.held);
	}
};

await readAll([...await destination.list(task.large, signal)]);
const last = await measure();
process.stdout.write(JSON.stringify({
	listed,
	read,
	listHeld: [...list].length === listed ? afterList.held - first.held : 0,
	listMost: afterList.most - first.most,
	readHeld: held - afterList.held,
	heldAfter: last.held - afterList.held,
	readMost: last.most - first.most,
}));
await destination.close();
