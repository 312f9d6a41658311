import {expect, test} from 'vitest';
import {load, plainText, problemsOf} from './load.js';

/** The configuration of the earlier tool's readme, to the letter. */
const readme = `source:
  host: imap.mail.us-east-1.awsapps.com
  port: 993
  tls: true
  user: you@yourdomain.com
  password: your-workmail-password

destination:
  tenantId: your-azure-tenant-id
  clientId: your-app-client-id
  clientSecret: your-app-client-secret
  mailbox: you@yourdomain.com

options:
  skipFolders:
    - Deleted Items
    - Junk Email
    - Drafts
  rateLimit: 1                    # messages per second
  maxRetries: 3                   # retries per failed message
  checkpointDirectory: ~/.aw2ms365/checkpoints
`;
const place = '/home/a/.aw2ms365/config.yaml';

test('the earlier tool\'s file is taken unchanged, and found in its place when there is none in ours', async () => {
	const settings = await load([[place, readme]]);
	expect(settings.file).toBe(place);
	expect(settings.source.host).toBe('imap.mail.us-east-1.awsapps.com');
	expect(settings.destination).toMatchObject({transport: 'auto', tenantId: 'your-azure-tenant-id', cloud: {ews: 'outlook.office365.com'}});
	expect(settings.options).toMatchObject({
		rateLimit: 1, maxRetries: 3, checkpointDirectory: '/home/a/.aw2ms365/checkpoints', skipFolders: [{path: ['Deleted Items']}, {path: ['Junk Email']}, {path: ['Drafts']}],
	});
});

test('what it brings along is announced with its effect', async () => {
	const {announcements} = await load([[place, readme]]);
	expect(announcements).toHaveLength(5);
	expect(announcements[0]).toContain(place);
	expect(announcements[1]).toMatch(/EWS.*removes it on 2027-04-01.*EwsAllowedAppIDs.*aw2ms365 doctor/v);
	expect(announcements[2]).toMatch(/rateLimit is 1: 1 message a second at most, so 100,000 messages take 28 hours/v);
	expect(announcements[3]).toMatch(/"Deleted Items", "Junk Email", "Drafts" and everything below them stay behind.*write junk/v);
	expect(announcements[4]).toContain('/home/a/.aw2ms365/checkpoints');
	const elsewhere = await load(readme);
	expect(elsewhere.announcements).toHaveLength(4);
});

test('a shorter one of its files is announced for what it no longer does unasked', async () => {
	const {announcements, options} = await load(readme.replace(/options:[\s\S]*/v, ''));
	expect(options.skipFolders).toEqual([]);
	expect(announcements[1]).toContain('all folders are carried');
});

test('ours comes before its', async () => {
	await expect(load([[place, readme], ['/state/config.yaml', plainText]])).resolves.toHaveProperty('source.host', 'imap.example.org');
});

test('a file that was named and is not there is not replaced by another', async () => {
	expect(await problemsOf([[place, readme]], {file: '/other.yaml'})).toEqual(['/other.yaml: expected a configuration ("aw2ms365 init --non-interactive" writes one to fill in), found no such file']);
	await expect(load([['/home/a/mine.yaml', plainText]], {file: '~/mine.yaml'})).resolves.toHaveProperty('file', '/home/a/mine.yaml');
});
