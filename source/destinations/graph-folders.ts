import {FailureError, failureOf} from '../mailbox/failure.js';
import {type FolderPath, type Role} from '../mailbox/mailbox.js';
import {GraphFailure, type GraphSession} from '../protocols/graph-http.js';
import {type EwsFolder, type FolderRow, FolderTree} from './ews-tree.js';
import {type GraphPaths} from './graph-bodies.js';

/** Well-known names (microsoft-365.md 3.6), whatever the folders are called. The outbox is none of ours. */
const wellKnown = new Map<string, Role | undefined>([
	['inbox', 'inbox'], ['drafts', 'drafts'], ['sentitems', 'sent'], ['deleteditems', 'trash'], ['junkemail', 'junk'], ['archive', 'archive'], ['outbox', undefined],
]);

type FolderJson = {readonly id?: unknown; readonly displayName?: unknown; readonly parentFolderId?: unknown; readonly childFolderCount?: unknown; readonly isHidden?: unknown};

const textOf = (value: unknown): string => typeof value === 'string' ? value : '';

const rowOf = (json: FolderJson): FolderRow => ({
	id: textOf(json.id), parent: textOf(json.parentFolderId), name: textOf(json.displayName), mail: true,
});

/** The folders of one mailbox, over Graph, which shows those for mail alone. */
export class GraphFolders {
	readonly #session: GraphSession;
	readonly #paths: GraphPaths;
	/** Roles by folder id: they stay. */
	#roles: ReadonlyMap<string, Role | undefined> | undefined;

	constructor(session: GraphSession, paths: GraphPaths) {
		this.#session = session;
		this.#paths = paths;
	}

	/** Reads the folders anew; `at` is the time by the service's own clock, in milliseconds, where it tells one. */
	async read(signal: AbortSignal): Promise<{readonly tree: FolderTree; readonly at: number | undefined}> {
		const {headers} = await this.#session.persist({method: 'GET', path: `${this.#paths.folder('inbox')}?$select=id`, signal});
		const [date] = [headers.date].flat();
		this.#roles ??= await this.#readRoles(signal);
		const rows: FolderRow[] = [];
		const parents: Array<string | undefined> = [undefined];
		while (parents.length > 0) {
			const parent = parents.pop();
			// eslint-disable-next-line no-await-in-loop -- a page names what is to be asked for next
			for await (const json of this.#session.pages<FolderJson>(this.#paths.listFolders(parent), signal)) {
				const row = rowOf(json);
				if (row.id !== '') {
					rows.push({...row, mail: !(this.#roles.has(row.id) && this.#roles.get(row.id) === undefined)});
					if (json.childFolderCount !== 0) {
						parents.push(row.id);
					}
				}
			}
		}

		const at = Date.parse(date ?? '');
		const roles = new Map([...this.#roles].filter((entry): entry is [string, Role] => entry[1] !== undefined));
		return {tree: new FolderTree(rows, roles), at: Number.isNaN(at) ? undefined : at};
	}

	/**
	Finds a folder or makes it, level by level; "exists" is as good as made: the folders are listed again, and it is taken.

	@throws folder-not-creatable, folder-gone where a folder above it vanished meanwhile
	*/
	async findOrCreate(tree: FolderTree, path: FolderPath, signal: AbortSignal): Promise<{readonly folder: EwsFolder; readonly tree: FolderTree; readonly created: boolean}> {
		let current = tree;
		let folder: EwsFolder | undefined;
		let created = false;
		for (const name of path) {
			const known = current.childOf(folder, name);
			// eslint-disable-next-line no-await-in-loop -- level by level
			const made = known ? undefined : await this.#make(folder?.id, name, signal);
			created = made !== undefined;
			if (known ?? made) {
				folder = known ?? current.add(made!, folder);
				continue;
			}

			// eslint-disable-next-line no-await-in-loop -- level by level
			({tree: current} = await this.read(signal));
			const parent: EwsFolder | undefined = folder && current.at(folder.path);
			if (folder && !parent) {
				throw new FailureError('folder-gone');
			}

			folder = current.childOf(parent, name, true);
			if (!folder) {
				throw new FailureError('folder-not-creatable', {detail: 'the server says that it exists, but does not list it for mail'});
			}
		}

		if (!folder?.mail) {
			throw new FailureError('folder-not-creatable', {detail: folder ? 'the mailbox has a folder of that name which is not for mail' : 'a folder without a name'});
		}

		return {folder, tree: current, created};
	}

	/** The id of a hidden folder at the top; undefined where there is none. */
	async findHidden(name: string, signal: AbortSignal): Promise<string | undefined> {
		for await (const json of this.#session.pages<FolderJson>(this.#paths.listFolders(undefined, true), signal)) {
			if (json.isHidden === true && json.displayName === name && textOf(json.id) !== '') {
				return textOf(json.id);
			}
		}

		return undefined;
	}

	/** The same, made where there is none. */
	async hidden(name: string, signal: AbortSignal): Promise<string> {
		const known = await this.findHidden(name, signal);
		const made = known === undefined ? await this.#make(undefined, name, signal, true) : undefined;
		const id = known ?? made?.id ?? await this.findHidden(name, signal);
		if (id === undefined) {
			throw new FailureError('folder-not-creatable', {detail: `the mailbox has a folder "${name}" that is not hidden: it is needed for this program's own use`, reach: 'run'});
		}

		return id;
	}

	async #readRoles(signal: AbortSignal): Promise<ReadonlyMap<string, Role | undefined>> {
		const found = await Promise.all([...wellKnown].map(async ([name, role]): Promise<readonly [string, Role | undefined]> => {
			try {
				const {json} = await this.#session.persist({method: 'GET', path: `${this.#paths.folder(name)}?$select=id`, signal});
				return [textOf((json as FolderJson | undefined)?.id), role];
			} catch (error) {
				if (failureOf(error).code === 'folder-gone') {
					return ['', role];
				}

				throw error;
			}
		}));
		return new Map(found.filter(([id]) => id !== ''));
	}

	/** Makes a folder, unless the server has it: then undefined. @throws folder-not-creatable, folder-gone (the one above it) */
	async #make(parent: string | undefined, name: string, signal: AbortSignal, isHidden = false): Promise<FolderRow | undefined> {
		let json: unknown;
		try {
			// To be repeated: "exists" says that it was made.
			({json} = await this.#session.persist({
				method: 'POST', path: this.#paths.foldersBelow(parent), json: {displayName: name, isHidden}, signal,
			}));
		} catch (error) {
			if (error instanceof GraphFailure && error.code === 'ErrorFolderExists') {
				return undefined;
			}

			const {reach, detail} = failureOf(error);
			// The name may be what makes our request one that is not understood.
			const isRefusal = error instanceof GraphFailure && (reach === 'message' || [400, 409, 422].includes(error.status ?? 0));
			throw isRefusal ? new FailureError('folder-not-creatable', detail ? {detail} : {}) : error;
		}

		const row = rowOf((json ?? {}));
		if (row.id === '') {
			throw new FailureError('folder-not-creatable', {detail: 'the server said that it was made, but not which it is'});
		}

		return row;
	}
}
