var form=document.getElementById("form-post");addEventListener("pagehide",function(){form.remove()});form.submit();
