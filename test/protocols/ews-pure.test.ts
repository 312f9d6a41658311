import {describe, expect, test} from 'vitest';
import {
	all, child, descendant, escapeXml, ns, parseXml,
} from '../../source/protocols/ews-xml.js';
import {failureOfCode, failureOfHttp, isOutOfNames} from '../../source/protocols/ews-failures.js';
import {CallFailure, readAnswer} from '../../source/protocols/ews-answer.js';
import {envelope, headersFor, tellingHeaders} from '../../source/protocols/ews-envelope.js';
import {ReadTries} from '../../source/protocols/ews-tries.js';
import {FailureError} from '../../source/mailbox/failure.js';
import {
	answerOf, envelopeOf, faultOf, refusal, success,
} from './scripted-ews.js';
import {PatientClock} from './surroundings.js';

const answer = (body: string, status = 200, headers: Record<string, string> = {}) => ({status, headers, body});

const callFailure = (run: () => unknown): CallFailure => {
	try {
		run();
	} catch (error) {
		expect(error).toBeInstanceOf(CallFailure);
		return error as CallFailure;
	}

	throw new Error('it did not fail');
};

describe('XML is read by namespace, whatever the prefixes', () => {
	const root = parseXml(`<q:a xmlns:q="${ns.messages}" xmlns="${ns.types}"><b Id="1"/>text<!-- no --><q:b Id="2"/><c xmlns="other"><b Id="3" xmlns="${ns.types}">in<![CDATA[side & <out>]]></b></c><b xmlns="other" Id="4"/></q:a>`);

	test('children and descendants of other namespaces are passed over', () => {
		expect(all(root, 'b').map(node => node.attribute('Id'))).toEqual(['1', '2']);
		expect(child(root, 'c')).toBeUndefined();
		expect(child(root, 'b', 'other')?.attribute('Id')).toBe('4');
		expect(descendant(child(root, 'c', 'other')!, 'b')?.attribute('Id')).toBe('3');
		expect(descendant(root, 'd')).toBeUndefined();
		expect(root.children).toHaveLength(4);
		expect(root.attribute('Id')).toBeUndefined();
	});

	test('text is all that is inside, comments left out', () => {
		expect(root.text).toBe('textinside & <out>');
		expect(child(root, 'c', 'other')!.text).toBe('inside & <out>');
	});

	test.each([
		['&#x0;&#x1F;&#xFFFE;&#xD800;&#2;&#xFFFFFFFF;', '\uFFFD'.repeat(6)],
		['\u0001\uFFFF\uD800', '\uFFFD'.repeat(3)],
		['&#x9;&#xD;&#10;&#x1F600;&amp;#x1;', '\t\r\n\u{1F600}&#x1;'],
	])('characters XML forbids become U+FFFD, others stay: %j', (text, expected) => {
		expect(parseXml(`<a>${text}</a>`).text).toBe(expected);
	});

	test.each([
		['nothing', ''],
		['words', 'Service Unavailable'],
		['a web page', '<html><body><p>x<br></body></html>'],
		['a cut document', '<a><b>x</b>'],
		['two documents', '<a/><b/>'],
		['a prefix that is bound to nothing', '<x:a/>'],
		['an unknown entity', '<a>&nbsp;</a>'],
		['a document type', '<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>'],
		['entities of its own', '<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]><a>&d;</a>'],
	])('%s is server-nonsense', (_, text) => {
		expect(() => parseXml(text)).toThrow('The server answered something that cannot be understood.');
	});

	test('depth does no harm', () => {
		const deep = parseXml(`<a xmlns="${ns.types}">${'<b>'.repeat(20_000)}<c/>${'</b>'.repeat(20_000)}</a>`);
		expect(descendant(deep, 'c')).toBeDefined();
	});

	test('what is escaped comes back as it was, but for what XML cannot carry', () => {
		const text = 'a & b < c > "d" \'e\' \t\r\n ä \u{1F600} ]]> &amp;';
		expect(parseXml(`<a b="${escapeXml(text)}">${escapeXml(text)}</a>`).text).toBe(text);
		expect(parseXml(`<a b="${escapeXml(text)}"/>`).attribute('b')).toBe(text);
		expect(escapeXml('a\0b\u0008c\uD800d\uFFFFe')).toBe('abcde');
	});
});

describe('outcomes of response codes follow design 7.2', () => {
	const of = (code: string, {writes = true, atCall = true, text = 'x', wait}: {writes?: boolean; atCall?: boolean; text?: string; wait?: number} = {}) => failureOfCode(code, {
		writes, atCall, text, wait,
	});

	test.each([
		'ErrorServerBusy',
		'ErrorExceededConnectionCount',
		'ErrorExceededFindCountLimit',
		'ErrorSchemaValidation',
		'ErrorInvalidRequest',
		'ErrorInvalidServerVersion',
		'ErrorImpersonateUserDenied',
		'ErrorAccessDenied',
		'ErrorNonExistentMailbox',
		'ErrorQuotaExceeded',
		'ErrorFolderNotFound',
	])('%s for a whole call came before anything was stored', code => {
		expect(of(code).outcome).toBe('not stored');
	});

	test.each(['ErrorTimeoutExpired', 'ErrorInternalServerError', 'ErrorInternalServerTransientError', 'ErrorConnectionFailed', 'ErrorMailboxStoreUnavailable', 'ErrorNobodyKnows', 'gibberish'])('%s for a whole call leaves it open', code => {
		expect(of(code).outcome).toBe('unknown');
	});

	test.each([
		['ErrorNobodyKnows', 'message-refused', 'message', 'not stored'],
		['ErrorMimeContentInvalid', 'message-refused', 'message', 'not stored'],
		['ErrorMessageSizeExceeded', 'message-too-large', 'message', 'not stored'],
		['ErrorBatchProcessingStopped', 'server-unavailable', 'mailbox', 'not stored'],
		['ErrorMailboxStoreUnavailable', 'server-unavailable', 'mailbox', 'not stored'],
		['ErrorTimeoutExpired', 'throttled', 'mailbox', 'unknown'],
		['ErrorInternalServerError', 'server-unavailable', 'message', 'unknown'],
		['ErrorInternalServerTransientError', 'server-unavailable', 'mailbox', 'unknown'],
		['ErrorQuotaExceeded', 'destination-full', 'mailbox', 'not stored'],
		['ErrorMessagePerFolderCountReceiveQuotaExceeded', 'destination-full', 'folder', 'not stored'],
		['ErrorParentFolderNotFound', 'folder-gone', 'folder', 'not stored'],
		['ErrorInvalidLicense', 'mailbox-refused', 'run', 'not stored'],
		['ErrorMessageDispositionRequired', 'bug', 'run', 'not stored'],
	])('%s for one item: %s, reach %s, %s', (code, failure, reach, outcome) => {
		expect(of(code, {atCall: false})).toMatchObject({code: failure, reach, outcome});
	});

	test('reading stores nothing, whatever fails', () => {
		for (const code of ['ErrorTimeoutExpired', 'ErrorInternalServerError', 'ErrorNobodyKnows', 'ErrorConnectionFailed']) {
			expect(of(code, {writes: false}).outcome).toBe('not stored');
		}

		expect(of('ErrorMimeContentConversionFailed', {writes: false, atCall: false}).code).toBe('message-unreadable');
		expect(of('ErrorSchemaValidation', {writes: false}).code).toBe('bug');
		expect(failureOfHttp(502, {}, '', false)).toMatchObject({code: 'server-unavailable', outcome: 'not stored'});
	});

	test('a mailbox whose named properties are used up is not called full', () => {
		expect(of('ErrorQuotaExceeded', {atCall: false, text: 'Cannot get ID from name.'})).toMatchObject({code: 'message-refused', reach: 'message', outcome: 'not stored'});
		expect(isOutOfNames('ErrorQuotaExceeded', 'Cannot get ID from name.')).toBe(true);
		expect(isOutOfNames('ErrorQuotaExceeded', 'The mailbox is full.')).toBe(false);
	});

	test('the server\'s words are cleaned, after the code', () => {
		expect(of('ErrorItemSave', {text: 'a\u0007b\r\nc'}).detail).toBe('ErrorItemSave: a�b c');
		expect(of('ErrorItemSave', {text: 'x'.repeat(5000)}).detail!.length).toBeLessThan(400);
	});
});

describe('HTTP answers without SOAP', () => {
	test.each([
		[401, {}, {code: 'sign-in-refused', outcome: 'not stored'}],
		[401, {'x-ms-diagnostics': '2000008;reason="The token contains no permissions"'}, {code: 'permission-missing'}],
		[403, {'x-ms-diagnostics': '2000008;reason="The token contains not enough scope to make this call.";error_category="invalid_grant"'}, {code: 'permission-missing', outcome: 'not stored'}],
		[403, {'x-ms-diagnostics': '2000001;reason="else"'}, {code: 'ews-closed'}],
		[403, {}, {code: 'ews-closed', reach: 'run', outcome: 'not stored'}],
		[404, {}, {code: 'server-nonsense', outcome: 'not stored', retry: 'later'}],
		[405, {}, {code: 'message-too-large', outcome: 'not stored', reach: 'message'}],
		[413, {}, {code: 'message-too-large', outcome: 'not stored'}],
		[302, {location: 'https://example.org'}, {code: 'server-nonsense', outcome: 'not stored'}],
		[400, {}, {code: 'server-nonsense', outcome: 'unknown'}],
		[429, {'retry-after': '0.249'}, {code: 'throttled', outcome: 'not stored', wait: 249}],
		[500, {}, {code: 'server-unavailable', outcome: 'unknown', reach: 'mailbox'}],
		[503, {'retry-after': '30'}, {code: 'throttled', outcome: 'unknown', wait: 30_000}],
		[503, {'retry-after': 'Thu, 10 Sep 2020 14:15:36 GMT', date: 'Thu, 10 Sep 2020 14:15:06 GMT'}, {code: 'throttled', wait: 30_000}],
		[503, {'retry-after': 'soon'}, {code: 'server-unavailable', outcome: 'unknown'}],
		[503, {'retry-after': '99999999999'}, {code: 'server-unavailable'}],
		[507, {}, {code: 'server-unavailable', outcome: 'unknown'}],
	])('%i %j', (status, headers, expected) => {
		expect(failureOfHttp(status, headers, '')).toMatchObject(expected);
		expect(callFailure(() => readAnswer(answer('', status, headers as unknown as Record<string, string>), {writes: true}))).toMatchObject({status, soapFault: false, failure: expected});
	});

	test('405 to a call that carries nothing says nothing about size', () => {
		expect(failureOfHttp(405, {}, '', false).code).toBe('server-nonsense');
	});

	test('nothing is quoted from a refused sign-in', () => {
		expect(failureOfHttp(401, {'x-ms-diagnostics': '2000001;reason="secret words"'}, 'secret words').detail).toBe('HTTP 401');
	});
});

describe('answers', () => {
	test('each item of a batch has its own message, in order, warnings included', () => {
		const messages = readAnswer(answer(answerOf(success, refusal('ErrorQuotaExceeded', 'Full.'), refusal('ErrorBatchProcessingStopped', 'Stopped.', 'Warning'), refusal('NoError', 'Mind you.', 'Warning'))), {writes: true});
		expect(messages.map(({responseClass, code, text, failure}) => [responseClass, code, text, failure?.code, failure?.outcome])).toEqual([
			['Success', 'NoError', '', undefined, undefined],
			['Error', 'ErrorQuotaExceeded', 'Full.', 'destination-full', 'not stored'],
			['Warning', 'ErrorBatchProcessingStopped', 'Stopped.', 'server-unavailable', 'not stored'],
			['Warning', 'NoError', 'Mind you.', undefined, undefined],
		]);
		expect(descendant(messages[0]!.node, 'FolderId')?.attribute('Id')).toBe('AAMk');
	});

	test.each([['Success', 'ErrorItemSave'], ['Error', 'NoError']])('%s with %s is not taken for either', (responseClass, code) => {
		const [message] = readAnswer(answer(answerOf(refusal(code, '', responseClass))), {writes: true});
		expect(message!.failure).toMatchObject({code: 'server-nonsense', outcome: 'unknown', reach: 'message'});
	});

	test.each([200, 500])('a fault with HTTP %i is a fault: the server is done with the call', status => {
		const fault = callFailure(() => readAnswer(answer(faultOf('ErrorServerBusy', 'Busy.', '<t:Value Name="BackOffMilliseconds">297749</t:Value>'), status), {writes: true}));
		expect(fault).toMatchObject({
			soapFault: true, responseCode: 'ErrorServerBusy', status, failure: {code: 'throttled', outcome: 'not stored', wait: 297_749},
		});
	});

	test('a wait is found in MessageXml first, then in the words, then in Retry-After', () => {
		const waitOf = (text: string, xml: string, headers: Record<string, string> = {}) => callFailure(() => readAnswer(answer(faultOf('ErrorServerBusy', text, xml), 500, headers), {writes: true})).failure.wait;
		const words = 'Suggested backoff time 5000 ms.';
		expect(waitOf(words, '<t:Value Name="BackOffMilliseconds">0</t:Value>', {'retry-after': '7'})).toBe(0);
		expect(waitOf(words, '<t:Value Name="BackOffMilliseconds">-1</t:Value>', {'retry-after': '7'})).toBe(5000);
		expect(waitOf('Busy.', '', {'retry-after': '7'})).toBe(7000);
		expect(waitOf('Busy.', '')).toBeUndefined();
	});

	test('the long text of a schema violation is told, not the short one', () => {
		const body = faultOf('ErrorSchemaValidation', 'Short.').replace('>Short.</faultstring>', '>The request failed schema validation: the \'Id\' attribute.</faultstring>');
		expect(callFailure(() => readAnswer(answer(body, 500), {writes: false})).failure.detail).toContain('the \'Id\' attribute');
	});

	test('a fault of SOAP itself, without a code of EWS', () => {
		const fault = envelopeOf('<s:Fault><faultcode>s:Client</faultcode><faultstring>Bad.</faultstring></s:Fault>');
		expect(callFailure(() => readAnswer(answer(fault, 500), {writes: true}))).toMatchObject({soapFault: true, failure: {code: 'server-nonsense', outcome: 'unknown'}});
		const coded = envelopeOf('<s:Fault><faultcode xmlns:a="x">a:ErrorServerBusy</faultcode><faultstring>Bad.</faultstring></s:Fault>');
		expect(callFailure(() => readAnswer(answer(coded, 500), {writes: true})).responseCode).toBe('ErrorServerBusy');
	});

	test.each([
		['nothing', ''],
		['a web page', '<html><body>Welcome to our hotel</body></html>'],
		['an answer that is cut', answerOf(success).slice(0, -40)],
		['an empty body', envelopeOf('')],
		['no messages', answerOf()],
		['a message without a class', answerOf(success, '<m:GetFolderResponseMessage><m:ResponseCode>NoError</m:ResponseCode></m:GetFolderResponseMessage>')],
		['a message without a code', answerOf('<m:GetFolderResponseMessage ResponseClass="Success"/>')],
	])('%s with HTTP 200 is no answer, and a write stays open', (_, body) => {
		expect(callFailure(() => readAnswer(answer(body), {writes: true}))).toMatchObject({soapFault: false, status: 200, failure: {code: 'server-nonsense', outcome: 'unknown'}});
		expect(callFailure(() => readAnswer(answer(body), {writes: false})).failure.outcome).toBe('not stored');
	});
});

describe('the envelope', () => {
	test('names version and mailbox, escaped', () => {
		const root = parseXml(envelope({version: 'Exchange2013_SP1', mailbox: 'a&b@contoso.com', body: '<m:GetFolder/>'}));
		expect(descendant(root, 'PrimarySmtpAddress')?.text).toBe('a&b@contoso.com');
		expect(descendant(root, 'RequestServerVersion')?.attribute('Version')).toBe('Exchange2013_SP1');
		expect(child(child(root, 'Body', ns.soap)!, 'GetFolder')).toBeDefined();
	});

	test('an address that no header can carry does not stop the call', () => {
		expect(headersFor({mailbox: 'ä@contoso.com', token: 't', random: () => 0.5})).not.toHaveProperty('x-anchormailbox');
		expect(headersFor({mailbox: 'a@contoso.com\r\nx: y', token: 't', random: () => 0.5})).not.toHaveProperty('x-anchormailbox');
	});

	test('headers that name the caller are kept out of the log', () => {
		expect(tellingHeaders({
			'x-ms-appid': 'id', 'report-to': 'RemoteIP=192.0.2.1', 'set-cookie': ['exchangecookie=1'], 'x-ms-diagnostics': 'd', 'request-id': 'r', 'x-feserver': ['a', 'b'],
		})).toEqual({'x-ms-diagnostics': 'd', 'request-id': 'r', 'x-feserver': 'a,b'});
	});
});

describe('tries of a read', () => {
	const tries = (random = 1) => new ReadTries({clock: new PatientClock(), random: () => random});
	const failing = (code: 'throttled' | 'connection-lost' | 'server-unavailable' | 'ews-closed' | 'host-unreachable' | 'server-nonsense', wait?: number) => new FailureError(code, {...(wait !== undefined && {wait})});

	test('a throttle is waited for as long as the server says, never less than a floor that grows', () => {
		const one = tries();
		expect([0, 0, 178_510, undefined].map(wait => one.next(failing('throttled', wait), true))).toEqual([1000, 2000, 178_510, 80_000]);
	});

	test('a host that never answered is given up after three more tries', () => {
		const one = tries();
		expect([1, 2, 3, 4].map(() => one.next(failing('host-unreachable'), false))).toEqual([2000, 5000, 15_000, undefined]);
	});

	test('a lost connection is tried again with growing waits, to five minutes', () => {
		const one = tries();
		expect(Array.from({length: 10}, () => one.next(failing('connection-lost'), true))).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000]);
	});

	test('a call that the server stumbles over is given up', () => {
		const one = tries();
		expect(Array.from({length: 6}, () => one.next(failing('server-nonsense'), true)).at(-1)).toBeUndefined();
	});

	test('what does not pass is not tried again', () => {
		expect(tries().next(failing('ews-closed'), true)).toBeUndefined();
	});

	test('patience ends', async () => {
		const clock = new PatientClock();
		const one = new ReadTries({clock, random: () => 1});
		await clock.sleep((6 * 3_600_000) + 1);
		expect(one.next(failing('connection-lost'), true)).toBeUndefined();
	});
});
