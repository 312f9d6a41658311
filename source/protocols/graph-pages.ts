import {FailureError} from '../mailbox/failure.js';
import {type GraphAnswer, GraphFailure, readBatchItem} from './graph-answer.js';
import {type GraphRequest} from './graph-request.js';

const nonsense = (detail: string, status: number, inDoubt: boolean): GraphFailure => new GraphFailure(
	new FailureError('server-nonsense', {detail: `HTTP ${status} ${detail}`, outcome: inDoubt ? 'unknown' : 'not stored', ...(!inDoubt && {retry: 'later'})}).failure,
	{status},
);

/** One page of a collection (learn.microsoft.com/graph/paging); its links are to be followed as they are. */
export type Page<T> = {readonly value: readonly T[]; readonly nextLink?: string; readonly deltaLink?: string};

/**
@param seen the addresses of this and the earlier pages
@throws GraphFailure where it is no page, or names one of those as the next
*/
export const readPage = <T>({json, status}: GraphAnswer, seen: ReadonlySet<string>): Page<T> => {
	const {value, '@odata.nextLink': nextLink, '@odata.deltaLink': deltaLink} = (json ?? {}) as Readonly<Record<string, unknown>>;
	if (!Array.isArray(value)) {
		throw nonsense('without a page of a list', status, false);
	}

	if (typeof nextLink === 'string' && seen.has(nextLink)) {
		throw nonsense('with a page that names an earlier one as the next', status, false);
	}

	return {value: value as T[], ...(typeof nextLink === 'string' && {nextLink}), ...(typeof deltaLink === 'string' && {deltaLink})};
};

/**
The answers of a `$batch`, which come in any order, in the order of its requests, whose ids are 1 and so on.

@throws GraphFailure where it is no answer to a batch
*/
export const readBatch = ({json, status}: GraphAnswer, requests: readonly GraphRequest[]): Array<GraphAnswer | GraphFailure> => {
	const {responses} = (json ?? {}) as {readonly responses?: unknown};
	if (!Array.isArray(responses)) {
		throw nonsense('without the answers of a batch', status, requests.some(({writes}) => writes));
	}

	const byId = new Map((responses as ReadonlyArray<{readonly id?: unknown} | undefined>).map(item => [String(item?.id), item]));
	return requests.map((request, at) => readBatchItem(byId.get(String(at + 1)), request));
};
