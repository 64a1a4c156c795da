// Pages that hold all the words that were asked for, those first that name them in their title or most often.
const asked = new URLSearchParams(location.search).get('q') ?? '';
const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
const count = (text, word) => text.toLowerCase().split(word).length - 1;
const found = words.length === 0 ? [] : texts
  .map(page => ({ ...page, counts: words.map(word => count(page.text, word) + 20 * count(page.title, word)) }))
  .filter(page => page.counts.every(n => n > 0))
  .sort((a, b) => Math.min(...b.counts) - Math.min(...a.counts));

document.querySelector('input[name=q]').value = asked;
const at = document.getElementById('found');
at.append(words.length === 0 ? 'Say what to find, above.' : found.length === 0 ? `No page has all of: ${asked}` : '');
for (const page of found) {
  const link = document.createElement('a');
  link.href = page.url;
  link.textContent = page.title;
  const place = Math.max(0, page.text.toLowerCase().indexOf(words[0]) - 80);
  const piece = document.createElement('p');
  piece.append(link, document.createElement('br'), (place > 0 ? '… ' : '') + page.text.slice(place, place + 240) + ' …');
  at.append(piece);
}
