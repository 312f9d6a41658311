/** The six fates that `total` must be the sum of. */
const fates = ['delivered', 'alreadyThere', 'excluded', 'refused', 'vanished', 'remaining'] as const;

type Counts = Readonly<Record<string, unknown>>;

const isCounts = (value: unknown): value is Counts => typeof value === 'object' && value !== null && !Array.isArray(value);

const count = (counts: Counts, name: string): number => typeof counts[name] === 'number' ? counts[name] : Number.NaN;

const problemsOfCounts = (counts: Counts, where: string): string[] => {
	const problems = ['total', ...fates]
		.filter(name => !Number.isSafeInteger(counts[name]) || count(counts, name) < 0)
		.map(name => `${where}: ${name} is ${JSON.stringify(counts[name])}, not a count`);
	const sum = fates.reduce((soFar, name) => soFar + count(counts, name), 0);
	if (problems.length === 0 && sum !== count(counts, 'total')) {
		problems.push(`${where}: total is ${count(counts, 'total')}, its parts make ${sum}`);
	}

	for (const [part, whole] of [['lossy', 'delivered'], ['altered', 'alreadyThere'], ['unsure', 'remaining']] as const) {
		if (counts[part] !== undefined && !(count(counts, part) <= count(counts, whole))) {
			problems.push(`${where}: ${part} (${JSON.stringify(counts[part])}) is more than ${whole} (${JSON.stringify(counts[whole])})`);
		}
	}

	return problems;
};

/**
Reads a `summary` line of the program's NDJSON and says what does not add up: each total against its six parts, and,
where the line tells of folders, the folders against the whole. Empty when all is well.
*/
export const problemsOfSummary = (line: string): string[] => {
	const summary: unknown = JSON.parse(line);
	if (!isCounts(summary) || summary.type !== 'summary') {
		return ['This line is no summary'];
	}

	const {messages, folders} = summary;
	if (!isCounts(messages)) {
		return ['The summary has no messages'];
	}

	const problems = problemsOfCounts(messages, 'all');
	if (!Array.isArray(folders)) {
		return problems;
	}

	const perFolder = folders.map((folder: unknown) => isCounts(folder) && isCounts(folder.messages) ? folder.messages : folder);
	for (const [index, counts] of perFolder.entries()) {
		problems.push(...(isCounts(counts) ? problemsOfCounts(counts, `folder ${index}`) : [`folder ${index}: no counts`]));
	}

	for (const name of ['total', ...fates]) {
		const sum = perFolder.reduce<number>((soFar, counts) => soFar + (isCounts(counts) ? count(counts, name) : Number.NaN), 0);
		if (sum !== count(messages, name)) {
			problems.push(`${name}: the folders make ${sum}, the whole says ${count(messages, name)}`);
		}
	}

	return problems;
};

/** The last line of an NDJSON text: where the summary always stands. */
export const lastLine = (ndjson: string): string => ndjson.trimEnd().split('\n').at(-1) ?? '';
