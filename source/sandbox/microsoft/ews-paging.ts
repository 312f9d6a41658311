import {type Random} from '../random.js';
import {ItemRefused} from './ews-refusals.js';
import {type XmlElement} from './xml-tree.js';

export type PageLimits = {
	/** Longest page; a longer one is cut without a word (reference 2.6). */
	readonly cap: number;
	/** Chance of a shorter one. */
	readonly short: number;
	readonly random: Random;
};

/**
The entries of a view and the attributes of RootFolder. IndexedPagingOffset stands only where a view was sent, and on the last page
equals TotalItemsInView (lesson 20).
@throws ItemRefused for an offset below 0 and a page of nothing
*/
export const pageOf = <Entry>(all: readonly Entry[], view: XmlElement | undefined, {cap, short, random}: PageLimits): {readonly entries: readonly Entry[]; readonly attributes: string} => {
	const most = Number(view?.attributes.get('MaxEntriesReturned') ?? cap);
	const offset = Number(view?.attributes.get('Offset') ?? 0);
	if (offset < 0) {
		throw new ItemRefused('ErrorInvalidIndexedPagingParameters');
	}

	if (most <= 0) {
		throw new ItemRefused('ErrorInvalidPagingMaxRows');
	}

	const fromEnd = view?.attributes.get('BasePoint') === 'End';
	let count = Math.min(most, cap, Math.max(0, all.length - offset));
	if (count > 1 && random.next() < short) {
		count = 1 + random.below(count - 1);
	}

	const start = fromEnd ? Math.max(0, all.length - offset - count) : Math.min(offset, all.length);
	const isLast = offset + count >= all.length;
	const paging = view ? `IndexedPagingOffset="${Math.min(all.length, offset + count)}" ` : '';
	return {entries: all.slice(start, start + count), attributes: `${paging}TotalItemsInView="${all.length}" IncludesLastItemInRange="${isLast}"`};
};
