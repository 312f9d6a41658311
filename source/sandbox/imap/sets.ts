/** A sequence-set (RFC 9051) as ranges in the order given; `*` is infinity. */
export type SequenceSet = ReadonlyArray<readonly [from: number, to: number]>;

const numberOf = (text: string): number => text === '*' ? Number.POSITIVE_INFINITY : Number(text);

/** Reads `1,3:5,9:*`; undefined where it is no sequence-set. */
export const parseSet = (text: string): SequenceSet | undefined => {
	if (!/^(?:[1-9]\d{0,9}|\*)(?::(?:[1-9]\d{0,9}|\*))?(?:,(?:[1-9]\d{0,9}|\*)(?::(?:[1-9]\d{0,9}|\*))?)*$/.test(text)) {
		return undefined;
	}

	return text.split(',').map(range => {
		const [first = '', last = first] = range.split(':');
		const [from, to] = [numberOf(first), numberOf(last)];
		return from <= to ? [from, to] as const : [to, from] as const;
	});
};

/** First position whose number is at least `wanted`, among ascending numbers. */
const lowerBound = (length: number, numberAt: (position: number) => number, wanted: number): number => {
	let [low, high] = [0, length];
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		if (numberAt(middle) < wanted) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}

	return low;
};

/**
Positions, ascending and each once, of the ascending numbers that a set names. `*` stands for the largest,
so that `n:*` always holds the last one (RFC 9051 6.4.8's note on UID ranges).
*/
export const positionsIn = (set: SequenceSet, length: number, numberAt: (position: number) => number): Array<readonly [from: number, to: number]> => {
	if (length === 0) {
		return [];
	}

	const largest = numberAt(length - 1);
	const spans: Array<[number, number]> = [];
	for (const range of set) {
		const [a, b] = range.map(value => Number.isFinite(value) ? value : largest) as [number, number];
		const from = lowerBound(length, numberAt, Math.min(a, b));
		const to = lowerBound(length, numberAt, Math.max(a, b) + 1);
		if (from < to) {
			spans.push([from, to]);
		}
	}

	spans.sort((a, b) => a[0] - b[0]);
	const merged: Array<[number, number]> = [];
	for (const span of spans) {
		const last = merged.at(-1);
		if (last && span[0] <= last[1]) {
			last[1] = Math.max(last[1], span[1]);
		} else {
			merged.push(span);
		}
	}

	return merged;
};

/** Ascending numbers as a compact set. */
export const formatSet = (numbers: readonly number[]): string => {
	const ranges: Array<[number, number]> = [];
	for (const number of numbers) {
		const last = ranges.at(-1);
		if (last?.[1] === number - 1) {
			last[1] = number;
		} else {
			ranges.push([number, number]);
		}
	}

	return ranges.map(([from, to]) => from === to ? String(from) : `${from}:${to}`).join(',');
};
