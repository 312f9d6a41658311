/**
Where each source folder goes. Pure and deterministic: it depends on the folders, never on the order they
were listed in, and two source folders share a destination only where a person wrote the same target for both.

Places are given out in this order, and who comes later gets a suffix: folders already on record (`settled`),
roles, names as they are, names that had to be changed, targets of `options.folderMap`, what lies below those.
A parent that goes elsewhere takes its children along. Folders that hold no mail are only steps on the way.
*/
import {
	type Folder, type FolderPath, type Role, pathKey, roles, samePath,
} from './mailbox.js';
import {type NameRules} from './destination.js';
import {cleanPath, destinationKey} from './folder-names.js';
import {comparePaths, sortedByPath, withAncestors} from './folder-order.js';
import {overridesByPath} from './folder-overrides.js';
import {Places} from './folder-places.js';
import {type FolderReason, explain} from './folder-reasons.js';

export {equalNames, equalPaths} from './folder-names.js';
export {unusedOverrides} from './folder-overrides.js';
export {type FolderReason} from './folder-reasons.js';

export type FolderMapping = {
	readonly source: FolderPath;
	readonly destination: FolderPath;
	/** Set where the destination is the folder of this role. */
	readonly role?: Role;
	/** The destination has this folder already. */
	readonly exists: boolean;
	/** Why there: at least one. */
	readonly reasons: readonly FolderReason[];
	/** For people, where the place is not the one they would expect. */
	readonly explanation?: string;
};

/** Where a source folder went in an earlier run. Of several for one folder the last counts. */
export type Settled = {readonly source: FolderPath; readonly destination: FolderPath};

/** A source folder, or a level above one. */
type Node = {
	readonly source: FolderPath;
	readonly parent: Node | undefined;
	readonly folder: Folder | undefined;
	/** Written for this very folder. */
	readonly override: FolderPath | undefined;
	/** It or a folder above it is overridden. */
	readonly isMoved: boolean;
	/** Where it goes. */
	destination?: FolderPath;
	/** The same before levels were joined: what its children are appended to. */
	logical?: FolderPath;
	role?: Role;
	reasons: FolderReason[];
	/** The path it would have had. */
	wanted?: FolderPath;
};

/** Who holds a place: a source folder, or one that the source no longer lists. */
type Holder = Node | 'gone';

class Mapper {
	readonly #places: Places<Holder>;
	readonly #rules: NameRules;
	readonly #nodes: Node[];

	constructor(sourceFolders: readonly Folder[], existing: readonly Folder[], rules: NameRules, overrides: Readonly<Record<string, string>>) {
		this.#rules = rules;
		this.#places = new Places(existing, rules);
		const folders = new Map(sourceFolders.filter(folder => folder.kind === 'mail').map(folder => [pathKey(folder.path), folder]));
		const paths = withAncestors([...folders.values()].map(folder => folder.path));
		const {targets} = overridesByPath(withAncestors(sourceFolders.map(folder => folder.path)), overrides);
		const nodes = new Map<string, Node>();
		for (const source of paths) {
			const parent = nodes.get(pathKey(source.slice(0, -1)));
			const override = targets.get(pathKey(source));
			nodes.set(pathKey(source), {
				source, parent, override, folder: folders.get(pathKey(source)), isMoved: override !== undefined || (parent?.isMoved ?? false), reasons: [],
			});
		}

		this.#nodes = [...nodes.values()];
	}

	run(settled: readonly Settled[]): FolderMapping[] {
		// A record may name a place that was never made: of a folder that stayed behind, or at another destination.
		const possible = settled.filter(({destination}) => this.#places.isPossible(destination));
		const places = new Map(possible.map(item => [pathKey(item.source), item]));
		this.#placeSettled(places);
		this.#placeRoles();
		this.#placeByName(this.#nodes.filter(node => !node.isMoved), places);
		this.#placeOverrides();
		this.#placeByName(this.#nodes.filter(node => node.isMoved), places);
		return this.#nodes.filter(node => node.folder).map(node => this.#mappingOf(node));
	}

	#placeSettled(settled: ReadonlyMap<string, Settled>): void {
		const nodes = new Map(this.#nodes.filter(node => node.folder).map(node => [pathKey(node.source), node]));
		for (const {source, destination} of sortedByPath(settled.values(), item => item.source)) {
			const node = nodes.get(pathKey(source));
			if (!node) {
				this.#places.hold(destination, 'gone');
			} else if (!node.isMoved) {
				this.#put(node, destination, samePath(source, destination) ? ['same'] : ['settled']);
			}
		}
	}

	#placeRoles(): void {
		for (const role of roles) {
			const path = this.#places.roleFolder(role);
			const key = this.#places.key(path);
			const candidates = this.#nodes.filter(node => node.folder?.role === role && !node.isMoved);
			const rank = (node: Node): number => this.#places.key(node.source) === key ? 0 : node.source.length;
			const owner = candidates.find(node => node.destination && this.#places.key(node.destination) === key) ?? candidates.sort((a, b) => rank(a) - rank(b))[0];
			// A role outlives the name its folder had: what was carried there before belongs to it.
			if (owner && !owner.destination && this.#places.holders(path).every(holder => holder === 'gone')) {
				this.#put(owner, path, ['role']);
			}
		}
	}

	/** A target that another folder holds by right is not shared: only targets written alike are. */
	#placeOverrides(): void {
		for (const node of this.#nodes) {
			if (node.override) {
				const {path, changes} = cleanPath(node.override, this.#rules);
				const target = this.#places.key(node.override);
				const holders = this.#places.holders(path).filter(holder => holder !== 'gone');
				const partners = holders.filter(holder => holder !== 'not-mail').filter(holder => holder.override && this.#places.key(holder.override) === target);
				if (partners.length === holders.length) {
					this.#put(node, partners[0]?.destination ?? this.#places.spelled(path), ['override', ...changes]);
				} else {
					this.#putBeside(node, node.override, {reasons: ['override'], trusted: 0});
				}
			}
		}
	}

	/** Level by level; on each, those that can keep their names before those that cannot. */
	#placeByName(nodes: readonly Node[], settled: ReadonlyMap<string, Settled>): void {
		const depths = [...new Set(nodes.map(node => node.source.length))].sort((a, b) => a - b);
		for (const depth of depths) {
			const level = nodes.filter(node => node.source.length === depth && !node.destination).map(node => {
				const logical = [...node.parent?.logical ?? [], node.source.at(-1)!];
				const {path, changes} = cleanPath(logical, this.#rules, {trusted: logical.length - 1});
				const place = this.#places.spelled(path);
				const before = settled.get(pathKey(node.source))?.destination;
				// Below an overridden folder, what is on record counts where it lies below the same target.
				const keeps = before && this.#places.key(before.slice(0, -1)) === this.#places.key(path.slice(0, -1)) ? before : undefined;
				const isHere = samePath(place, logical) && this.#places.exists(place);
				const rank = [keeps, isHere, changes.length === 0, true].findIndex(Boolean);
				return {
					node, logical, place: keeps ?? place, changes, rank,
				};
			});
			const late = level.sort((a, b) => a.rank - b.rank || comparePaths(a.node.source, b.node.source)).filter(({node, logical, place, changes}) => {
				const holders = this.#places.holders(place);
				if (node.folder ? holders.length > 0 : holders.includes('not-mail')) {
					return true;
				}

				this.#put(node, place, [...changes], changes.includes('flattened') ? logical : place);
				return false;
			});
			for (const {node, logical} of late) {
				this.#putBeside(node, logical, {reasons: [], trusted: logical.length - 1});
			}
		}
	}

	/** The first free name with a suffix. An unrelated folder of that name is used: it may be ours, of a run whose journal is lost. */
	#putBeside(node: Node, logical: FolderPath, {reasons, trusted}: {readonly reasons: readonly FolderReason[]; readonly trusted: number}): void {
		node.wanted = cleanPath(logical, this.#rules, {trusted}).path;
		for (let number = 2; ; number++) {
			const suffix = ` (${number})`;
			const {path, changes} = cleanPath(logical, this.#rules, {trusted, suffix});
			if (this.#places.holders(path).length === 0) {
				const place = this.#places.spelled(path);
				this.#put(node, place, [...reasons, ...changes, 'clash'], changes.includes('flattened') ? [...logical.slice(0, -1), logical.at(-1)! + suffix] : place);
				return;
			}
		}
	}

	#put(node: Node, destination: FolderPath, reasons: FolderReason[], logical = destination): void {
		node.destination = destination;
		node.logical = logical;
		node.reasons = reasons;
		if (node.folder) {
			this.#places.hold(destination, node);
		}
	}

	#mappingOf(node: Node): FolderMapping {
		const {source, parent} = node;
		const destination = node.destination!;
		const role = node.folder?.role;
		const hasRole = role !== undefined && this.#places.key(this.#places.roleFolder(role)) === this.#places.key(destination);
		const reasons = [...node.reasons];
		const isPlaced = reasons.some(reason => reason === 'role' || reason === 'override' || reason === 'settled');
		if (!isPlaced && parent && !samePath(parent.destination!, parent.source)) {
			reasons.push('parent');
		}

		if (reasons.length === 0) {
			reasons.push(samePath(source, destination) ? 'same' : 'renamed');
		}

		const rivals = this.#places.holders(node.wanted ?? destination).map(holder => typeof holder === 'string' ? holder : holder.source).filter(rival => rival !== source);
		const explanation = explain({
			source, destination, reasons, rivals, ...(hasRole && {role}), ...(node.wanted && {wanted: node.wanted}),
		});
		return {
			source, destination, ...(hasRole && {role}), exists: this.#places.exists(destination), reasons, ...(explanation && {explanation}),
		};
	}
}

/**
The destination of every source folder that holds mail, parents before children.

`sourceFolders`: all of them, those that stay behind included, so that what is skipped today does not
change where the others go. `overrides`: `options.folderMap`, source path to destination path as by
`showPath`; one for a parent takes along what lies below it, and wins over what is `settled`.
*/

export const mapFolders = (
	sourceFolders: readonly Folder[],
	existing: readonly Folder[],
	rules: NameRules,
	overrides: Readonly<Record<string, string>> = {},
	settled: readonly Settled[] = [],
// eslint-disable-next-line max-params -- Five facts that belong to five owners.
): FolderMapping[] =>
	new Mapper(sourceFolders, existing, rules, overrides).run(settled);

/** The folders to be created for these mappings, each once, every parent before its children. */
export const creationOrder = (mappings: readonly FolderMapping[], existing: readonly Folder[], rules: NameRules): FolderPath[] => {
	const there = new Set(existing.filter(folder => folder.kind === 'mail').map(folder => destinationKey(folder.path, rules)));
	const steps = new Set(withAncestors(existing.map(folder => folder.path)).map(path => destinationKey(path, rules)));
	const wanted = new Set(mappings.map(({destination}) => destinationKey(destination, rules)));
	const missing = new Map<string, FolderPath>();
	for (const path of withAncestors(mappings.map(({destination}) => destination))) {
		const key = destinationKey(path, rules);
		// A container on the way is good enough, but mail needs a folder that can be selected.
		const isStep = !wanted.has(key) && steps.has(key);
		if (!there.has(key) && !isStep && !missing.has(key)) {
			missing.set(key, path);
		}
	}

	return [...missing.values()].sort((a, b) => a.length - b.length || comparePaths(a, b));
};
