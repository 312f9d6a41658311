import {expect, test} from 'vitest';
import {
	type Folder, type Role, parsePath, showPath,
} from '../../source/mailbox/mailbox.js';
import {foldersLeftBehind, leavesBehind, parseMatcher} from '../../source/mailbox/folder-matcher.js';

const folder = (path: string, role?: Role): Folder => ({path: parsePath(path), kind: 'mail', ...(role && {role})});
const listing = [
	folder('INBOX', 'inbox'),
	folder('Junk E-Mail', 'junk'),
	folder('Deleted Items', 'trash'),
	folder('Deleted Items/Old'),
	folder('archive'),
	folder('Projects'),
	folder('Projects/a'),
	folder('Projects2'),
];
const left = (skip: string[], include: string[] = []) => {
	const {excludes, unused} = foldersLeftBehind(listing, skip.map(text => parseMatcher(text)), include.map(text => parseMatcher(text)));
	return {left: listing.filter(item => excludes(item)).map(({path}) => showPath(path)), unused: unused.map(({text}) => text)};
};

test('nothing stays behind unless asked for', () => {
	expect(left([])).toEqual({left: [], unused: []});
});

test('a role and a path take along everything below them, and nothing beside them', () => {
	expect(left(['junk', 'trash']).left).toEqual(['Junk E-Mail', 'Deleted Items', 'Deleted Items/Old']);
	expect(left(['projects']).left).toEqual(['Projects', 'Projects/a']);
	expect(left(['Deleted Items/Old']).left).toEqual(['Deleted Items/Old']);
});

test('what names no folder is told', () => {
	expect(left(['Junk Email', 'sent', 'Projects'])).toEqual({left: ['Projects', 'Projects/a'], unused: ['Junk Email', 'sent']});
});

test('a path can bear the name of a role', () => {
	expect(left(['archive']).unused).toEqual(['archive']);
	expect(left(['/archive']).left).toEqual(['archive']);
});

test('with includes all others stay behind, and a skip still counts', () => {
	expect(left(['Projects/a'], ['Projects', 'inbox']).left).toEqual(['Junk E-Mail', 'Deleted Items', 'Deleted Items/Old', 'archive', 'Projects/a', 'Projects2']);
});

test('one folder at a time comes to the same, asked again too', () => {
	const excludes = leavesBehind([parseMatcher('trash')]);
	for (let time = 0; time < 2; time++) {
		expect(listing.filter(item => excludes(item)).map(({path}) => showPath(path))).toEqual(['Deleted Items', 'Deleted Items/Old']);
	}
});
