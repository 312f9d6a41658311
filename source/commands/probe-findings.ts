import {readFile} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {type GraphFindings} from '../endpoints.js';
import {writePrivateFile} from '../settings.js';

/** What a probe has shown holds so long, in milliseconds: services change. */
const lasting = 7 * 86_400_000;

const form = z.object({
	v: z.literal(1),
	at: z.number(),
	graph: z.object({
		version: z.enum(['v1.0', 'beta']), receivedDate: z.enum(['from the message', 'by change', 'lost']), isDraft: z.boolean(), isRead: z.boolean(), takesStamp: z.boolean(), takesLarge: z.boolean(), deleted: z.boolean(),
	}),
});

/** What an earlier probe of the same mailbox has shown; undefined where there was none, it is too long ago, or cannot be read: then there is another one. */
export const recallFindings = async (directory: string, name: string, now: number): Promise<{readonly at: number; readonly graph: GraphFindings} | undefined> => {
	try {
		const {at, graph} = form.parse(JSON.parse(await readFile(fileOf(directory, name), 'utf8')));
		return at <= now && now - at < lasting ? {at, graph} : undefined;
	} catch {
		return undefined;
	}
};

/** Keeps them beside the journal; what cannot be kept is found out again. */
export const rememberFindings = async (directory: string, name: string, found: {readonly at: number; readonly graph: GraphFindings}): Promise<void> => {
	try {
		await writePrivateFile(fileOf(directory, name), `${JSON.stringify({v: 1, ...found})}\n`);
	} catch {
		// The next run probes again.
	}
};

const fileOf = (directory: string, name: string): string => path.join(directory, `${name}.probe.json`);
