// The browser and the server fold text by different Unicode tables, with the same result.
import { expect, test } from '../fixtures.ts';

/** Spellings of a word that fold to the same text. */
const FAMILIES = [
  ['istanbul', 'İSTANBUL', 'I\u0307STANBUL', 'ISTANBUL', '\u0131stanbul', 'ı\u0307stanbul', 'is\u200btanbul', 'ＩＳＴＡＮＢＵＬ', 'i\u0307stanbul'],
  ['strasse', 'Straße', 'STRAẞE', 'STRASSE', 'stra\u00adße', 'ſtraſſe'],
  ['οδοσ', 'ΟΔΟΣ', 'οδος', 'Οδος', 'ο\u200dδος'],
  ['é', 'e\u0301', 'É', 'E\u0301', 'É\ufeff'],
  ['ﬁne', 'fine', 'FINE', 'ﬁNE'],
  ['한', '\u1112\u1161\u11ab', '\u1112\u1161\u2060\u11ab'],
  ['bücher.example', 'xn--bcher-kva.example', 'BU\u0308CHER.example', 'XN--BCHER-KVA.EXAMPLE'],
  ['हिन्दी.भारत', 'xn--j2bd4cyah0f.xn--h2brj9c'],
  ['میخواهم', 'می\u200cخواهم'],
  ['❤', '❤\ufe0f'],
  ['a b', 'a\u00a0b', 'A\u3000B', 'a\u2003b'],
  ['ǆ', 'Ǆ', 'ǅ', 'dž', 'DŽ'],
  ['ᾳ', 'αι', 'ΑΙ', 'ᾼ'],
];
/** Every n-th letter of these ranges: small and capital letters, marks, ligatures, digits, compatibility forms. */
const RANGES = [
  [0xa1, 0x17f, 5], [0x180, 0x24f, 11], [0x370, 0x3ff, 9], [0x400, 0x52f, 23], [0x531, 0x586, 17], [0x5d0, 0x5ea, 7], [0x621, 0x64a, 9],
  [0x905, 0x939, 13], [0x10a0, 0x10ff, 19], [0x13a0, 0x13ff, 19], [0x1e00, 0x1fff, 17], [0x2070, 0x209c, 11], [0x2100, 0x2189, 9],
  [0x2460, 0x24ff, 31], [0x3041, 0x30ff, 29], [0x3200, 0x33ff, 61], [0xa640, 0xa69f, 17], [0xfb00, 0xfb4f, 9], [0xff01, 0xffee, 29],
  [0x10400, 0x1044f, 19], [0x1d400, 0x1d7ff, 101],
] as const;

test('the browser and the server order and find the same', async ({ page, visit, campaigns, api, word }) => {
  test.slow();
  const written = FAMILIES.flat();
  for (const [from, to, step] of RANGES) for (let at = from; at <= to; at += step) written.push(`x${String.fromCodePoint(at)}`);
  expect(written.length).toBeGreaterThan(250);

  await visit(campaigns.href({ sort: 'name' }));
  // Equal texts differ only in the number behind them. It counts down, so that sorting by creation gives another order.
  const names = written.map((text, at) => `${text} ${String(999 - at)}`);
  for (let at = 0; at < names.length; at += 10) await Promise.all(names.slice(at, at + 10).map((name) => campaigns.add(name)));
  const rows = page.getByRole('region', { name: 'Campaigns' }).locator('tbody tr');
  await expect(rows).toHaveCount(names.length);

  const server: string[] = [];
  let cursor: string | null = null;
  do {
    const params: Record<string, string> = { search: word, sort: 'name', limit: '200', ...(cursor ? { cursor } : {}) };
    const answer = await (await api.get('/api/campaigns', { params })).json();
    server.push(...answer.data.map((one: { id: string }) => one.id));
    cursor = answer.pagination.nextCursor;
  } while (cursor);
  const shown = await rows.evaluateAll((rows) => rows.map((row) => row.querySelector('a[href^="/campaigns/"]')?.getAttribute('href')?.split('/').pop()));
  expect(shown).toEqual(server);

  // A family is contiguous, in the order of its numbers.
  const texts = await rows.evaluateAll((rows) => rows.map((row) => row.querySelector('a[href^="/campaigns/"]')?.textContent ?? ''));
  const number = (text: string) => /(\d{3}) /u.exec(`${text} `)?.[1];
  let at = 0;
  for (const family of FAMILIES) {
    const numbers = family.map((_, member) => String(999 - at - member)).reverse();
    const place = texts.findIndex((text) => number(text) === numbers[0]);
    expect(texts.slice(place, place + family.length).map(number), family[0]).toEqual(numbers);
    at += family.length;
  }
});
