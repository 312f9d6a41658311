import {type Failure, FailureError} from '../mailbox/failure.js';
import {cleanText} from '../mailbox/clean.js';
import {
	type AnswerHeaders, failureOfCode, failureOfHttp, waitOfHeaders, waitOfText, waitOfValue,
} from './ews-failures.js';
import {
	all, child, type Node, ns, parseXml,
} from './ews-xml.js';

/** An HTTP answer as it came. */
export type Answer = {readonly status: number; readonly headers: AnswerHeaders; readonly body: string};

/** What the server says of one item of a call. */
export type ResponseMessage = {
	readonly responseClass: 'Success' | 'Warning' | 'Error';
	/** ResponseCode; `NoError` where there is none. */
	readonly code: string;
	/** MessageText, cleaned, in any language. */
	readonly text: string;
	/** The `m:…ResponseMessage` element. */
	readonly node: Node;
	/** Whatever is no success: of class Error, and of class Warning ("not processed") with a code. */
	readonly failure?: Failure;
};

/** What kept a call from having response messages: a SOAP fault, an HTTP refusal, a lost connection. */
export class CallFailure extends FailureError {
	/** A complete fault was read: the server is done with the call. */
	readonly soapFault: boolean;
	/** The fault's. */
	readonly responseCode?: string;
	/** HTTP; absent where no answer came. */
	readonly status?: number;

	constructor({code, ...more}: Failure, answer: {readonly soapFault?: boolean; readonly responseCode?: string; readonly status?: number; readonly cause?: unknown} = {}) {
		const {soapFault = false, responseCode, status, cause} = answer;
		super(code, {...more, cause});
		this.name = 'CallFailure';
		this.soapFault = soapFault;
		if (responseCode !== undefined) {
			this.responseCode = responseCode;
		}

		if (status !== undefined) {
			this.status = status;
		}
	}
}

/** Milliseconds to wait, as MessageXml says it (in types or messages, by version) in a value or in words. */
const waitOfMessageXml = (parent: Node): number | undefined => {
	const messageXml = child(parent, 'MessageXml');
	const values = messageXml ? all(messageXml, 'Value') : [];
	const stated = values.find(value => value.attribute('Name') === 'BackOffMilliseconds');
	return (stated && waitOfValue(stated.text)) ?? values.map(value => waitOfText(value.text)).find(wait => wait !== undefined);
};

/** The ResponseCode of a fault: in Exchange 2007 its faultcode says only who is to blame. */
const codeOfFault = (fault: Node, detail: Node | undefined): string | undefined => (detail && child(detail, 'ResponseCode', ns.errors)?.text.trim())
	?? /(?:^|:)(?<code>Error\w+)\s*$/v.exec(child(fault, 'faultcode', '')?.text ?? '')?.groups!.code;

/** A SOAP 1.1 fault; its own elements have no namespace. */
const failureOfFault = (fault: Node, {status, headers}: Answer, writes: boolean): CallFailure => {
	const detail = child(fault, 'detail', '');
	const words = child(fault, 'faultstring', '')?.text.trim() ?? '';
	const message = (detail && child(detail, 'Message', ns.errors)?.text.trim()) ?? '';
	const stated = codeOfFault(fault, detail);
	// The longer text of a schema violation stands in faultstring alone.
	const text = words.length > message.length ? words : message;
	if (!stated) {
		const {failure} = new FailureError('server-nonsense', {detail: cleanText(`a fault without a code: ${text}`), outcome: writes ? 'unknown' : 'not stored'});
		return new CallFailure(failure, {soapFault: true, status});
	}

	const wait = (detail && waitOfMessageXml(detail)) ?? waitOfText(`${words} ${message}`) ?? waitOfHeaders(headers);
	return new CallFailure(failureOfCode(stated, {
		text, wait, writes, atCall: true,
	}), {soapFault: true, responseCode: stated, status});
};

const classes = new Set(['Success', 'Warning', 'Error']);

const readMessage = (node: Node, writes: boolean): ResponseMessage | undefined => {
	const responseClass = node.attribute('ResponseClass') as ResponseMessage['responseClass'] | undefined;
	const code = child(node, 'ResponseCode')?.text.trim();
	if (responseClass === undefined || !classes.has(responseClass) || !code) {
		return undefined;
	}

	const words = child(node, 'MessageText')?.text ?? '';
	const message = {
		responseClass, code, text: cleanText(words), node,
	};
	if (code === 'NoError' && responseClass !== 'Error') {
		return message;
	}

	// A success with an error's code and the other way round contradict themselves.
	const failure = code === 'NoError' || responseClass === 'Success'
		? new FailureError('server-nonsense', {detail: cleanText(`${responseClass} with ${code}`), reach: 'message', outcome: writes ? 'unknown' : 'not stored'}).failure
		: failureOfCode(code, {
			text: words, wait: waitOfMessageXml(node) ?? waitOfText(words), writes, atCall: false,
		});
	return {...message, failure};
};

const rootOf = (body: string): Node | FailureError => {
	try {
		return parseXml(body);
	} catch (error) {
		return error as FailureError;
	}
};

/** Statuses that say it all, whatever the body is. */
const isRefusal = (status: number): boolean => [401, 403, 404, 405, 407, 413, 429].includes(status) || (status >= 300 && status < 400);

/**
The response messages of an answer, in the order of the request's items. A fault may come with any status, 200 included;
a status that says success proves nothing (microsoft-365.md 2.3, 2.8).

@throws CallFailure for anything else
*/
export const readAnswer = (answer: Answer, {writes}: {readonly writes: boolean}): readonly ResponseMessage[] => {
	const {status, headers, body} = answer;
	const refuse = (): CallFailure => new CallFailure(failureOfHttp(status, headers, body, writes), {status});
	if (isRefusal(status)) {
		throw refuse();
	}

	const root = rootOf(body);
	const soapBody = root instanceof FailureError ? undefined : child(root, 'Body', ns.soap);
	const fault = soapBody && child(soapBody, 'Fault', ns.soap);
	if (fault) {
		throw failureOfFault(fault, answer, writes);
	}

	if (status !== 200) {
		throw refuse();
	}

	const operation = soapBody?.children.find(one => one.namespace === ns.messages);
	const container = operation && child(operation, 'ResponseMessages', ns.messages);
	const messages = container?.children.map(node => readMessage(node, writes));
	if (!messages || messages.length === 0 || messages.includes(undefined)) {
		const reason = root instanceof FailureError ? root.failure.detail : (soapBody ? 'no response messages' : 'no SOAP');
		throw new CallFailure(new FailureError('server-nonsense', {detail: cleanText(`HTTP 200 with ${reason}`), ...(!writes && {outcome: 'not stored' as const})}).failure, {status});
	}

	return messages as ResponseMessage[];
};
