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

/** The shop's service worker, which has to come from the shop's own host: `/relance-worker.js`. */
export function pushWorker(server: string): string {
  return `importScripts("${server}/t/worker.js");
`;
}

/** A button that asks for notifications; the text beside it is what the visitor agrees to. */
export function pushButton(text: string, yes: string): string {
  return `<p id="relance-text">${text}</p>
<button id="relance-push">${yes}</button>
<script>
document.getElementById("relance-push").addEventListener("click", function () {
  var text = document.getElementById("relance-text").textContent;
  relance("push", {text: text, worker: "/relance-worker.js"});
});
</script>
`;
}
