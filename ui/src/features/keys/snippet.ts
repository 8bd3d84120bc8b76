const calls = "init track page identify product cart search recommendation consent reset";

/** What a shop pastes before `</head>`: calls wait in a queue until the script is there. */
export function snippet(key: string, server: string): string {
  return `<script>
!function(w,n){if(!w[n]){var r=w[n]=function(){r.q.push(arguments)};r.q=[];
"${calls}".split(" ").forEach(
function(m){r[m]=function(){r.q.push([m].concat([].slice.call(arguments)))}})}}(window,"relance");
relance("init",{key:"${key}"});
</script>
<script async src="${server}/t.js"></script>
`;
}
