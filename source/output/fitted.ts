/**
Lines broken between words so that none is longer than `columns`. What is broken goes on below where its text began: in a table
below the last column's head (two spaces part columns), else below its first word. A longer word stays whole.
*/
export const fitted = (text: string, columns: number): string => text.split('\n').flatMap(line => {
	const {head = '', rest = ''} = /^(?<head> *(?:\S+(?: \S+)* {2,})*)(?<rest>.*)$/v.exec(line)?.groups ?? {};
	const rows: string[] = [];
	let row = head;
	let isEmpty = true;
	for (const word of rest.split(' ')) {
		if (!isEmpty && row.length + 1 + word.length > columns) {
			rows.push(row);
			row = ' '.repeat(head.length);
			isEmpty = true;
		}

		row += `${isEmpty ? '' : ' '}${word}`;
		isEmpty = false;
	}

	return [...rows, row];
}).join('\n');
