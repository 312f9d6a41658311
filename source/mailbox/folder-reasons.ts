import {
	type FolderPath, type Role, samePath, showPath,
} from './mailbox.js';

/** Why a folder goes where it goes. `gone`: the source no longer lists it. */
export type FolderReason =
	'same' | 'role' | 'override' | 'settled' | 'parent' | 'renamed' | 'reserved' | 'flattened' | 'shortened' | 'clash' | 'gone';

type Facts = {
	readonly source: FolderPath;
	readonly destination: FolderPath;
	readonly reasons: readonly FolderReason[];
	readonly role?: Role;
	/** The place it would have had, where somebody else holds it. */
	readonly wanted?: FolderPath;
	/** Who else goes there. */
	readonly rivals: ReadonlyArray<FolderPath | 'gone' | 'not-mail'>;
};

const quote = (path: FolderPath): string => `"${showPath(path)}"`;

const clashOf = ({wanted, rivals, reasons}: Facts): string => {
	const [rival] = rivals;
	const place = quote(wanted ?? []);
	if (rival === 'not-mail') {
		return `${place} at the destination holds no mail.`;
	}

	if (rival === undefined || rival === 'gone') {
		return `${place} holds the mail of a folder that was carried over earlier.`;
	}

	return reasons.includes('override')
		? `${place} is where ${quote(rival)} goes; to join them, name that target for both in options.folderMap.`
		: `${place} is where ${quote(rival)} goes, and to the destination both names are equal.`;
};

/** One or more sentences; undefined where a folder simply keeps its name. */
export const explain = (facts: Facts): string | undefined => {
	const {source, destination, reasons, role, rivals} = facts;
	const sentences: Partial<Record<FolderReason, string>> = {
		role: samePath(source, destination) ? '' : `This is the destination's folder for ${role}.`,
		override: `Named in options.folderMap.${reasons.includes('clash') || rivals.length === 0 ? '' : ' Other folders go there too.'}`,
		settled: 'As in earlier runs.',
		parent: 'Its parent folder goes there.',
		renamed: 'The destination does not take the name as it is, or spells it in another way.',
		reserved: 'The destination keeps that name for itself.',
		flattened: 'The destination does not nest so deep: the lowest levels are joined into one name.',
		shortened: 'The name is too long for the destination.',
		clash: clashOf(facts),
	};
	const text = reasons.map(reason => sentences[reason]).filter(Boolean).join(' ');
	return text === '' ? undefined : text;
};
