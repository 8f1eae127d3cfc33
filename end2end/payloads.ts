// Texts that would become markup, scripts or addresses if unescaped. Each element in them has the attribute `stray`.
const TAGS = ['textarea', 'title', 'script', 'style', 'noscript', 'template', 'option', 'select', 'table', 'form', 'main', 'head', 'body', 'html', 'iframe', 'svg', 'math', 'a', 'button', 'dialog'];
const ELEMENTS = [
  '<b stray>',
  '<img stray src=x onerror=hacked=1>',
  '<svg stray onload=hacked=1>',
  '<script stray>hacked=1</script>',
  '<iframe stray srcdoc="<script>hacked=1</script>"></iframe>',
  '<form stray method=post action=/sfn/accounts/add><input name=role value=admin>',
  '<meta stray http-equiv=refresh content="0;url=//evil.example">',
  '<base stray href=//evil.example>',
  '<link stray rel=stylesheet href=//evil.example/x.css>',
  '<style stray>*{display:none}</style>',
  '<input stray autofocus onfocus=hacked=1>',
  '<details stray open ontoggle=hacked=1>',
  '<a stray href=javascript:hacked=1>x</a>',
  '<object stray data=//evil.example></object>',
  '<embed stray src=//evil.example>',
  '<video stray><source onerror=hacked=1></video>',
  '<math stray><mtext><style><img src=x onerror=hacked=1></style></mtext></math>',
  '<dialog stray open>x</dialog>',
  '<template stray></template>',
  '<noscript><b stray></noscript>',
];
const ATTRIBUTES = ['"', "'", '`', '" autofocus stray onfocus=hacked=1 x="', "' stray onmouseover=hacked=1 x='", '"><b stray>', "'><b stray>", '/><b stray>', '=<b stray>', '"]{}</style><b stray>'];
const ESCAPES = [
  '&lt;b stray&gt;',
  '&amp;lt;b stray&amp;gt;',
  '&#60;b stray&#62;',
  '&#x3c;b stray&#x3e;',
  '&quot;&gt;&lt;b stray&gt;',
  '&lt',
  '&notit;&copy;&nbsp;',
  '\\u003cb stray\\u003e',
  '%3Cb stray%3E',
  '<!--<b stray>',
  '--><b stray>',
  '<![CDATA[<b stray>]]>',
  '<?xml stray?>',
  '</ textarea><b stray>',
  '</textarea\t><b stray>',
  '</TeXtArEa/><b stray>',
  '</TITLE foo><b stray>',
  '<<b stray>',
  '<b stray',
  ']]><b stray>',
];
const CODE = ['javascript:hacked=1', 'data:text/html,<b stray>', '{{constructor.constructor("hacked=1")()}}', '${hacked=1}', '"};hacked=1;//', "';hacked=1//", '</script><b stray>', '<!--<script>', '\\"</script><b stray>', '//evil.example/x'];

/** All 80 payloads. */
export const PAYLOADS = [...TAGS.map((tag) => `</${tag}><b stray>`), ...ELEMENTS, ...ATTRIBUTES, ...ESCAPES, ...CODE];

/** All payloads, joined into the fewest texts of at most `length` characters. */
export function texts(length: number): string[] {
  const all: string[] = [];
  for (const payload of PAYLOADS) {
    const last = all.at(-1);
    if (last !== undefined && last.length + payload.length < length) all[all.length - 1] = `${last} ${payload}`;
    else all.push(payload);
  }
  return all;
}
