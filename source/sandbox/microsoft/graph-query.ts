import {badQuery, badRequest} from './graph-errors.js';

/** What may be asked of a list or an entity; a name without `$` is ignored without a word, but those that Graph itself gave no `$`. */
const known = new Set(['$select', '$top', '$skip', '$filter', '$orderby', '$expand', '$count', '$skiptoken', '$deltatoken', '$format']);

/** One `$expand`: `childFolders($top=9999)`. */
export type Expand = {readonly name: string; readonly options: ReadonlyMap<string, string>};

export type GraphQuery = {
	readonly select: readonly string[] | undefined;
	readonly expand: readonly Expand[];
	readonly top: number | undefined;
	readonly skip: number;
	readonly filter: string | undefined;
	readonly orderBy: ReadonlyArray<{readonly path: readonly string[]; readonly descending: boolean}>;
	readonly count: boolean;
};

/** `a=b&c=d` by name, decoded as forms are: a bare `+` is a blank (reference 3.7). */
export const queryOf = (search: string): Map<string, string> => new Map([...new URLSearchParams(search)].map(([name, value]) => [name.toLowerCase(), value]));

/** Parts between separators that stand in no parentheses and no text. */
const split = (text: string, separator: string): string[] => {
	const parts = [''];
	let depth = 0;
	let isText = false;
	for (const character of text) {
		isText = character === '\'' ? !isText : isText;
		depth += isText ? 0 : Number(character === '(') - Number(character === ')');
		if (character === separator && depth === 0 && !isText) {
			parts.push('');
		} else {
			parts[parts.length - 1] += character;
		}
	}

	return parts.map(part => part.trim()).filter(part => part !== '');
};

const expandOf = (text: string): Expand => {
	const {name = '', options = ''} = /^(?<name>\w+)(?:\((?<options>.*)\))?$/sv.exec(text)?.groups ?? {};
	if (name === '') {
		throw badQuery(`Term '${text}' is not valid in a $select or $expand expression.`);
	}

	return {
		name, options: new Map(split(options, ';').map(option => {
			const at = option.indexOf('=');
			return [option.slice(0, at).trim().toLowerCase(), option.slice(at + 1).trim()];
		})),
	};
};

const wholeNumber = (query: ReadonlyMap<string, string>, name: string): number | undefined => {
	const text = query.get(name);
	if (text === undefined) {
		return undefined;
	}

	if (!/^\d{1,9}$/v.test(text)) {
		throw badRequest(`Invalid value '${text}' for ${name} query option found. The ${name} query option requires a non-negative integer value.`);
	}

	return Number(text);
};

/** @throws GraphRefused for what OData does not know */
export const readQuery = (query: ReadonlyMap<string, string>): GraphQuery => {
	for (const name of query.keys()) {
		if (name.startsWith('$') && !known.has(name)) {
			throw badRequest(`The query parameter '${name}' is not supported.`);
		}
	}

	const select = query.get('$select');
	return {
		select: select === undefined ? undefined : split(select, ','),
		expand: split(query.get('$expand') ?? '', ',').map(text => expandOf(text)),
		top: wholeNumber(query, '$top'),
		skip: wholeNumber(query, '$skip') ?? 0,
		filter: query.get('$filter'),
		orderBy: split(query.get('$orderby') ?? '', ',').map(text => {
			const [path = '', direction = 'asc'] = text.split(/\s+/v);
			return {path: path.split('/'), descending: direction.toLowerCase() === 'desc'};
		}),
		count: query.get('$count')?.toLowerCase() === 'true',
	};
};

/** What `@odata.context` says in parentheses about select and expand. */
export const projection = ({select, expand}: GraphQuery): string => {
	const names = [...select ?? [], ...expand.map(({name}) => `${name}()`)];
	return names.length === 0 ? '' : `(${names.join(',')})`;
};

/** The next page's address: the same question from another place. */
export const nextLink = (address: string, query: ReadonlyMap<string, string>, changed: Readonly<Record<string, string>>): string => {
	const all = new Map([...query].filter(([name]) => name !== '$skip' && name !== '$count'));
	const parts = [...all, ...Object.entries(changed)].map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%24', '$').replaceAll('%2C', ',')}`);
	return `${address}?${parts.join('&')}`;
};
