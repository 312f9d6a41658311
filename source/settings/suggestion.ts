import {knownKeys} from './schema.js';

/** What people write from habit with other programs. */
const habits: Readonly<Record<string, string>> = {
	username: 'user', login: 'user', email: 'user', pass: 'password', server: 'host', hostname: 'host', ssl: 'tls', secure: 'tls', secret: 'clientSecret', tenant: 'tenantId', application: 'clientId',
	skip: 'skipFolders', exclude: 'skipFolders', include: 'includeFolders', mapping: 'folderMap', address: 'mailbox',
};

/** Edits between two words: letters put in, left out, changed or swapped with their neighbour. */
const edits = (a: string, b: string): number => {
	const rows: number[][] = [Array.from({length: b.length + 1}, (_, index) => index)];
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		for (let j = 1; j <= b.length; j++) {
			const change = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
			const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? rows[i - 2]![j - 2]! + 1 : Infinity;
			row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, change, swap);
		}

		rows.push(row);
	}

	return rows[a.length]![b.length]!;
};

/** The key most likely meant by an unknown one in a section: of the same section, else the dotted path of one elsewhere. */
export const meantKey = (section: string, key: string): string | undefined => {
	const typed = key.toLowerCase().replaceAll(/[_\-\s]/gv, '');
	const own = knownKeys.get(section) ?? [];
	const near = own
		.map(name => ({name, distance: edits(typed, name.toLowerCase())}))
		.filter(({name, distance}) => distance <= Math.max(1, Math.floor(name.length / 3)))
		.sort((a, b) => a.distance - b.distance)[0]?.name;
	const habit = habits[typed];
	if (near ?? (habit && own.includes(habit))) {
		return near ?? habit;
	}

	for (const [elsewhere, names] of knownKeys) {
		const name = names.find(candidate => candidate.toLowerCase() === typed);
		if (name) {
			return elsewhere === '' ? name : `${elsewhere}.${name}`;
		}
	}

	return undefined;
};
