// What the pages say, for find.js. A script and not JSON, which a page that was opened from a file may not fetch.
const texts = [
{%- for page in nav.pages %}
  { title: {{ page.title|tojson }}, url: {{ page.url|tojson }}, text: {{ page.content|striptags|tojson }} },
{%- endfor %}
];
