import {describe, expect, test} from 'vitest';
import {
	compare, faithful, type Snapshot, type SnapshotMessage,
} from './checker.js';

const message = (sha256: string, more: Partial<SnapshotMessage> = {}): SnapshotMessage => ({
	uid: 1, sha256, size: 10, announcedSize: 10, internalDate: 1_700_000_000_000, flags: [String.raw`\seen`], messageId: `<${sha256}@x>`, ...more,
});

const mailbox = (folders: Record<string, readonly SnapshotMessage[]>): Snapshot => ({
	folders: Object.entries(folders).map(([name, messages]) => ({
		path: name.split('/'), attributes: [], uidValidity: '1', messages,
	})),
});

const none = faithful(0);

describe('the comparison', () => {
	test('finds nothing wrong between equal mailboxes, whatever the order and the UIDs', () => {
		const source = mailbox({a: [message('1'), message('2'), message('2')], b: []});
		const destination = mailbox({b: [], a: [message('2', {uid: 7}), message('1', {uid: 9}), message('2', {uid: 8})]});
		expect(compare(source, destination).counts).toEqual(faithful(3));
	});

	test('one of three identical copies that is missing is lost, though its twins are there', () => {
		const {counts, lost} = compare(mailbox({a: [message('1'), message('1'), message('1')]}), mailbox({a: [message('1'), message('1')]}));
		expect(counts).toEqual({
			...none, source: 3, destination: 2, lost: 1,
		});
		expect(lost[0]!.message.sha256).toBe('1');
	});

	test('a copy too many is a double, also where the source has several', () => {
		const {counts} = compare(mailbox({a: [message('1'), message('1')]}), mailbox({a: [message('1'), message('1'), message('1', {flags: []})]}));
		expect(counts).toEqual({
			...none, source: 2, destination: 3, doubled: 1,
		});
	});

	test('a message in the wrong folder is lost here and extra there, and the loss says where it is', () => {
		const {counts, lost} = compare(mailbox({a: [message('1')], b: []}), mailbox({a: [], b: [message('1')]}));
		expect(counts).toEqual({
			...none, source: 1, destination: 1, lost: 1, extra: 1,
		});
		expect(lost[0]!.elsewhere).toEqual([['b']]);
	});

	test('other bytes under the same Message-ID, or without one at the same second, are altered and not lost', () => {
		const source = mailbox({a: [message('1'), message('2', {messageId: undefined, internalDate: 5000}), message('3')]});
		const destination = mailbox({a: [message('1x', {messageId: '<1@x>', flags: []}), message('2x', {messageId: undefined, internalDate: 5000}), message('3')]});
		const {counts, altered} = compare(source, destination);
		expect(counts).toEqual({
			...none, source: 3, destination: 3, altered: 2, flagsChanged: 1,
		});
		expect(altered.map(pair => [pair.source.sha256, pair.destination.sha256])).toEqual([['1', '1x'], ['2', '2x']]);
	});

	test('a double is no alteration of a lost message', () => {
		const {counts} = compare(mailbox({a: [message('1'), message('2')]}), mailbox({a: [message('1'), message('1')]}));
		expect(counts).toEqual({
			...none, source: 2, destination: 2, lost: 1, doubled: 1,
		});
	});

	test('dates are compared as instants by whole seconds, flags without order', () => {
		const source = mailbox({a: [message('1', {internalDate: 1000}), message('2', {flags: [String.raw`\seen`, 'x']})]});
		expect(compare(source, mailbox({a: [message('1', {internalDate: 1999}), message('2', {flags: [String.raw`\seen`, 'x']})]})).counts).toEqual(faithful(2));
		const {counts} = compare(source, mailbox({a: [message('1', {internalDate: 2000}), message('2')]}));
		expect(counts).toEqual({
			...none, source: 2, destination: 2, dateChanged: 1, flagsChanged: 1,
		});
	});

	test('a folder map sends folders elsewhere, leaves some out, and a folder that never arrived is named even when empty', () => {
		const source = mailbox({gesendet: [message('1')], kalender: [message('2')], leer: []});
		const destination = mailbox({'Sent Items': [message('1')]});
		const folderMap = (path: readonly string[]): readonly string[] | undefined => path[0] === 'gesendet' ? ['Sent Items'] : (path[0] === 'kalender' ? undefined : path);
		const {counts, missingFolders} = compare(source, destination, {folderMap});
		expect(counts).toEqual({...faithful(1), missingFolders: 1});
		expect(missingFolders).toEqual([['leer']]);
	});
});
